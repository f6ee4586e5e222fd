"""Where people are told how it goes: standard output is for figures alone."""

import sys

from rich.console import Console

# A log is as wide as its lines: what rich takes for its width would cut figures off.
console = Console(stderr=True, width=None if sys.stderr.isatty() else 120)
