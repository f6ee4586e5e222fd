"""The same walls as in tests/: no settings from outside, no network but loopback."""

from tests.conftest import embedder, loopback_only, model_folder, no_settings_from_outside

__all__ = ["embedder", "loopback_only", "model_folder", "no_settings_from_outside"]
