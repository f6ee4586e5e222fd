"""A real OpenID provider on loopback, as far as a resource server meets one: discovery, keys, tokens."""

import json
import time
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.loopback import listening

AUDIENCE = "companion"


@cache
def _first_key() -> RSAKey:
    # Finding large primes takes a second on these machines.
    return RSAKey.generate_key(2048, {"kid": "first"})


class Provider:
    """Gives tokens of its keys; `with` ends it. `asked` counts how often its keys were asked for."""

    def __init__(self) -> None:
        self.keys: list[RSAKey | ECKey] = [_first_key()]
        self.asked = 0
        self.down = False
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if provider.down:
                    self.send_error(503)
                    return
                content = json.dumps(provider._content(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._server, self.issuer = listening(Handler)

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self.keys.insert(0, ECKey.generate_key("P-256", {"kid": f"key-{len(self.keys)}"}))

    def token(self, sub: str = "anna", **changes: Any) -> str:
        """An access token; a claim that is changed to None is left out."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": AUDIENCE, "sub": sub, "iat": now, "exp": now + 300} | changes
        key = self.keys[0]
        header = {"alg": "RS256" if isinstance(key, RSAKey) else "ES256", "kid": key.kid}
        return jwt.encode(header, {name: value for name, value in claims.items() if value is not None}, key)

    def _content(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        self.asked += 1
        return dict(KeySet(self.keys).as_dict(private=False))

    def __enter__(self) -> "Provider":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
