"""What a sealed vector index leaves on disk."""

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings

from course_index.store.vectors import VectorIndex

MEMORY = "谁问过什么".encode()


def vectors(count):
    rows = np.random.default_rng(7).standard_normal((count, 16)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("count", [2, 1_500], ids=["a graph with room left", "a full one"])
def test_memory_of_the_process_in_unused_places_is_blanked(tmp_path, count):
    """Chroma saves unused places as the system gave it their memory: with what was in it before."""
    rows = vectors(count)
    index = VectorIndex(tmp_path / "vectors")
    index.collection("passages").upsert([str(n) for n in range(count)], rows)
    index.close()
    files = [path for name in ("data_level0.bin", "length.bin") for path in (tmp_path / "vectors").rglob(name)]
    assert len(files) == 2
    for path in files:
        written = path.read_bytes()
        used = written[: len(written) // 2] if count == 2 else written
        path.write_bytes(used + MEMORY * 20_000)

    VectorIndex(tmp_path / "vectors").seal()
    assert not any(MEMORY in path.read_bytes() for path in (tmp_path / "vectors").rglob("*") if path.is_file())
    index = VectorIndex(tmp_path / "vectors")
    found = [index.collection("passages").search(row, 1)[0][0] for row in rows[:20]]
    assert found == [str(n) for n in range(len(rows[:20]))]
    index.close()


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.bin")}


@pytest.mark.parametrize("count", [1, 2, 1_500])
def test_who_reads_writes_nothing_into_the_graph(tmp_path, count):
    rows = vectors(count)
    index = VectorIndex(tmp_path / "vectors")
    index.collection("passages").upsert([str(n) for n in range(count)], rows)
    index.seal()
    before = files_of(tmp_path)
    index = VectorIndex(tmp_path / "vectors")
    collection = index.collection("passages")
    assert len(collection.ids()) == sum(len(page) for _, page in collection.everything()) == count
    assert collection.search(rows[0], 1)[0][0] == "0"
    index.close()
    assert files_of(tmp_path) == before


def test_an_index_of_before_is_written_anew(tmp_path):
    client = chromadb.PersistentClient(str(tmp_path / "vectors"), Settings(anonymized_telemetry=False))
    client.create_collection("passages", embedding_function=None).upsert(ids=["a"], embeddings=vectors(1))
    client.close()
    index = VectorIndex(tmp_path / "vectors")
    assert index.collection("passages").ids() == {"a"}
    index.seal()
    index = VectorIndex(tmp_path / "vectors")
    before = files_of(tmp_path)
    assert index.collection("passages").ids() == {"a"}
    index.close()
    assert files_of(tmp_path) == before


def test_an_unknown_format_is_left_alone_and_told(tmp_path):
    index = VectorIndex(tmp_path / "vectors")
    index.collection("passages").upsert(["a"], vectors(1))
    index.close()
    header = next((tmp_path / "vectors").rglob("header.bin"))
    kept = header.read_bytes()
    header.write_bytes(b"\x09" + kept[1:])
    index = VectorIndex(tmp_path / "vectors")
    with pytest.warns(UserWarning, match="format 9"):
        index.seal()
