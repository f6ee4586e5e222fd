"""The same walls as in tests/: no settings from outside, no network but loopback."""

from tests.conftest import loopback_only, no_settings_from_outside

__all__ = ["loopback_only", "no_settings_from_outside"]
