"""WeChat's signatures and envelopes: SHA-1 over sorted parts, AES-256-CBC with PKCS#7 in blocks of 32."""

import base64
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_RANDOM = 16


class NotFromWechat(Exception):
    """What came is not what WeChat sends with our settings; the message says why, for who has to mend it."""


def signature(token: str, *parts: str) -> str:
    """The signature of `timestamp, nonce`, or the message signature of `timestamp, nonce, Encrypt`, in hex."""
    # WeChat's own word for it: SHA-1 authenticates nothing better than this token does.
    return hashlib.sha1("".join(sorted((token, *parts))).encode(), usedforsecurity=False).hexdigest()


def is_signed(told: str, token: str, *parts: str) -> bool:
    """Whether `told` is that signature, in constant time."""
    return hmac.compare_digest(told.encode(errors="replace"), signature(token, *parts).encode())


class Envelope:
    """Seals and opens messages by the EncodingAESKey of 43 characters, for the receiver that is written inside.

    A mini-program's receiver is its app id, that of an Enterprise WeChat robot is empty.
    """

    def __init__(self, encoding_aes_key: str, receiver: str) -> None:
        self._key = read_key(encoding_aes_key)
        self._receiver = receiver.encode()

    def open(self, sealed: str) -> bytes:
        """The message. Raises NotFromWechat."""
        try:
            data = base64.b64decode(sealed, validate=True)
        except ValueError as error:
            raise NotFromWechat("the encrypted message is no Base64") from error
        if not data or len(data) % 16:
            raise NotFromWechat("the encrypted message is no whole number of AES blocks")
        decryptor = self._cipher().decryptor()
        return self._unpacked(_unpadded(decryptor.update(data) + decryptor.finalize()))

    def seal(self, message: bytes, random: bytes | None = None) -> str:
        """The message as WeChat reads it; `random` are 16 bytes, which are made where none are given."""
        head = (random or secrets.token_hex(_RANDOM // 2).encode()) + struct.pack(">I", len(message))
        whole = head + message + self._receiver
        count = _BLOCK - len(whole) % _BLOCK
        encryptor = self._cipher().encryptor()
        data = encryptor.update(whole + bytes([count]) * count) + encryptor.finalize()
        return base64.b64encode(data).decode("ascii")

    def _unpacked(self, whole: bytes) -> bytes:
        if len(whole) < _RANDOM + 4:
            raise NotFromWechat("the decrypted message is too short")
        (length,) = struct.unpack(">I", whole[_RANDOM : _RANDOM + 4])
        message, receiver = whole[_RANDOM + 4 :][:length], whole[_RANDOM + 4 :][length:]
        if len(message) != length:
            raise NotFromWechat("the decrypted message is shorter than it says")
        if not hmac.compare_digest(receiver, self._receiver):
            raise NotFromWechat("the decrypted message is for another app id")
        return message

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))


def read_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey. Raises ValueError."""
    try:
        # Not validated strictly: the 43rd character carries two bits too many, and consoles leave them set.
        key = base64.b64decode(encoding_aes_key + "=")
    except ValueError as error:
        raise ValueError("an EncodingAESKey has 43 letters and digits") from error
    if len(encoding_aes_key) != 43 or len(key) != _BLOCK:
        raise ValueError("an EncodingAESKey has 43 letters and digits")
    return key


def _unpadded(padded: bytes) -> bytes:
    count = padded[-1]
    # The signature was checked before: who sees how this fails has the token, and needs no oracle.
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes([count]) * count:
        raise NotFromWechat("the padding of the decrypted message is wrong: is the EncodingAESKey the console's?")
    return padded[:-count]
