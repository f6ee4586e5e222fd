"""A query in, ranked passages and ranked courses out, with a confidence that they answer."""
