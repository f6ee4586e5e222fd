"""placeholder"""

from pathlib import Path


def write_report(result, stages, earlier):
    return Path("x")
