"""What the tests have, these have."""

from tests.conftest import *  # noqa: F403
