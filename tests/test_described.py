"""What the OpenAPI document allows ends in no server error; apart from other attacks, since it takes so long."""

import subprocess
import sys

import httpx2

from tests.servers import serving
from tests.test_service import bearer

_UNLIMITED = {
    f"{name}_a_minute": 100_000 for name in ("turns", "address_turns", "requests", "address_requests", "sessions")
}
_AS_TOLD = "status_code_conformance,content_type_conformance,response_schema_conformance"


def test_what_the_description_allows_ends_in_no_server_error(service, provider):
    """schemathesis makes requests of the OpenAPI document: right ones and wrong ones."""
    anna = bearer(provider.token("anna"))
    with serving(service(**_UNLIMITED)) as url:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
            *("--checks", f"not_a_server_error,{_AS_TOLD}", "--phases", "coverage,fuzzing", "--max-examples", "4"),
            *("--header", f"Authorization: {anna['Authorization']}", "--generation-deterministic"),
            *("--request-timeout", "60"),  # of a busy machine
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        assert httpx2.get(f"{url}/healthz").status_code == 200
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-500:]
    assert "passed" in done.stdout
