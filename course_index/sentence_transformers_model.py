"""How a model of sentence-transformers, an optional extra, is found and loaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_index.errors import IndexProblem


class ModelMissing(IndexProblem):
    """A model, or the library that runs it, is not here."""


def load(kind: str, model: str, setting: str, **options: Any) -> Any:
    """The `kind` of model (a class of sentence_transformers) from a folder, without a network, or by its hub name."""
    try:
        import sentence_transformers
    except ImportError as error:
        raise ModelMissing(
            "sentence-transformers is not installed: pip install 'learning-companion[sentence-transformers]'"
        ) from error
    make: Callable[..., Any] = getattr(sentence_transformers, kind)
    try:
        return make(model, local_files_only=Path(model).is_dir(), **options)
    except (OSError, ValueError) as error:
        raise ModelMissing(
            f"There is no model {model} that can be loaded. {setting} must be a folder that holds one, "
            "or its name on a hub that can be reached."
        ) from error
