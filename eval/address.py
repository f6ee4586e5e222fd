"""Addresses as they are kept and shown."""

import re

# Up to the last @ before the path: a password may hold one too.
_LOGIN = re.compile(r"(?<=://)[^/?#\s]*@")


def without_login(text: str) -> str:
    """The text without the user's name and password of any address in it (http://anna:secret@host)."""
    return _LOGIN.sub("", text)
