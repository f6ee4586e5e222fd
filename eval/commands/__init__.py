"""The commands of `companion-eval`."""
