"""One generation of the index, open: its records, vectors and terms, in its folder or on servers."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from course_index.store.lease import Lease
from course_index.store.legs import LexicalLeg, VectorLeg
from course_index.store.lexical import LexicalIndex
from course_index.store.records import Records
from course_index.store.servers import Servers
from course_index.store.tokens import TokenStore
from course_index.store.vectors import ServedVectorIndex, VectorIndex

KEPT = "kept.json"


@dataclass(frozen=True, slots=True)
class Generation:
    """The open parts of one generation."""

    folder: Path
    records: Records
    vectors: VectorIndex | ServedVectorIndex
    passage_vectors: VectorLeg
    course_vectors: VectorLeg
    passage_tokens: TokenStore
    course_tokens: TokenStore
    passage_terms: LexicalLeg
    course_terms: LexicalLeg
    lease: Lease | None = None

    @property
    def name(self) -> str:
        """What CURRENT calls it."""
        return self.folder.name

    def close(self) -> None:
        """Give back files and memory."""
        self.records.close()
        self.vectors.close()
        self.passage_tokens.close()
        self.course_tokens.close()
        if self.lease:
            self.lease.release()


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the parts of a generation are that may be on servers: under its place there, or in its folder."""

    place: str
    vectors: bool = False
    terms: bool = False

    def save(self, folder: Path) -> None:
        """Note it with the generation."""
        (folder / KEPT).write_text(json.dumps(asdict(self)), "ascii")


def kept(folder: Path) -> Kept:
    """What was noted of a generation; one from before there were servers has everything in its folder."""
    try:
        return Kept(**json.loads((folder / KEPT).read_text("ascii")))
    except FileNotFoundError:
        return Kept("")


def open_generation(folder: Path, servers: Servers, lease: Lease | None = None) -> Generation:
    """Open the parts in a folder, and those that are on servers."""
    where, finished = kept(folder), lease is not None  # a draft is written to, a generation never
    vectors: VectorIndex | ServedVectorIndex = (
        servers.chroma.index(where.place) if servers.chroma and where.vectors else VectorIndex(folder / "vectors")
    )
    return Generation(
        folder=folder,
        records=Records(folder / "records.db", finished=finished),
        vectors=vectors,
        passage_vectors=vectors.collection("passages"),
        passage_tokens=TokenStore(folder / "tokens" / "passages.db", finished=finished),
        course_tokens=TokenStore(folder / "tokens" / "courses.db", finished=finished),
        course_vectors=vectors.collection("courses"),
        passage_terms=_terms(folder, servers, where, "passages"),
        course_terms=_terms(folder, servers, where, "courses"),
        lease=lease,
    )


def _terms(folder: Path, servers: Servers, where: Kept, kind: str) -> LexicalLeg:
    if servers.terms and where.terms:
        return servers.terms.leg(where.place, kind)
    return LexicalIndex(folder / "lexical" / kind)
