"""How good the tutor is, measured: data sets in, figures out."""
