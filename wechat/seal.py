"""What must come back and not be read by who has the database alone: openids while they are answered, tokens."""

import base64
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Unreadable(Exception):
    """It was sealed with another secret."""


class Seal:
    """AES-256-GCM with a key of its own, which comes from the session secret."""

    def __init__(self, secret: str) -> None:
        self._aead = AESGCM(HKDF(SHA256(), 32, None, b"learning-companion wechat").derive(secret.encode()))

    def close(self, words: str) -> str:
        """Sealed, each time otherwise."""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._aead.encrypt(nonce, words.encode(), None)).decode("ascii")

    def open(self, sealed: str) -> str:
        """The words. Raises Unreadable."""
        try:
            data = base64.b64decode(sealed)
            return self._aead.decrypt(data[:_NONCE], data[_NONCE:], None).decode()
        except (InvalidTag, ValueError) as error:
            raise Unreadable("sealed with another secret: was COMPANION_SESSION_SECRET changed?") from error


def digest(*words: str) -> str:
    """The same for the same words; only for what has no owner, such as a message's id."""
    return hashlib.sha256("|".join(words).encode(errors="replace")).hexdigest()
