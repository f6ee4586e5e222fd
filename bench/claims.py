"""What the check of written sentences releases of eval/cases/claims.jsonl, the right ones and the wrong ones by fault.

    python -m bench.claims DATA... [--told]

Each claim is laid over the passage that its quote stands in, with the rest of its section, as the indexes in these data
folders have it; claims whose quote stands in none of them are left out. `--told` lists the right ones that are refused
and the wrong ones that are released.
"""

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from companion.checking.grounds import grounds_of
from companion.checking.support import Judge
from course_index.analyze import normalise
from course_index.embedders.embedder import Embedder
from course_index.parts import index_home, make_embedder
from course_index.settings import IndexSettings
from eval.library import CASES
from retrieval.parts import make_wording
from retrieval.search import Search
from retrieval.settings import RetrievalSettings


def main() -> None:
    """Judge, and print what was released."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--told", action="store_true")
    arguments = parser.parse_args()
    claims = [json.loads(line) for line in (CASES / "claims.jsonl").read_text("utf-8").splitlines()]
    embedder = make_embedder(IndexSettings())
    verdicts: dict[str, str] = {}
    for folder in arguments.data:
        verdicts |= _verdicts([one for one in claims if one["id"] not in verdicts], folder, embedder)
    judged = [one for one in claims if one["id"] in verdicts]
    if arguments.told:
        for one in judged:
            if one["supported"] != (verdicts[one["id"]] == "supported"):
                print(one["id"], one["fault"] or "right", verdicts[one["id"]], one["claim"])
    print(json.dumps(_figures(judged, verdicts), ensure_ascii=False))


def _verdicts(claims: list[dict[str, Any]], folder: Path, embedder: Embedder) -> dict[str, str]:
    """Of each claim whose quote stands in a passage of this index."""
    search = Search(
        index_home(IndexSettings(data_dir=folder)).open_current(), embedder, wording=make_wording(RetrievalSettings())
    )
    records = search.records
    texts = {id_: _bare(one.text) for id_, one in records.passages(list(records.passage_ids())).items()}
    verdicts = {}
    for claim in claims:
        quote = _bare(claim["quote"])
        if place := next((id_ for id_, text in texts.items() if quote in text), None):
            hits = search.placed([place])
            grounds = grounds_of(search, search.contexts(hits), {place: 1})
            judge = Judge(search, claim["question"])
            verdicts[claim["id"]] = judge.verdict(judge.claim(claim["claim"]), [grounds[1]])
    search.generation.close()
    return verdicts


def _bare(text: str) -> str:
    return "".join(one for one in normalise(text) if one.isalnum())


def _figures(claims: list[dict[str, Any]], verdicts: dict[str, str]) -> dict[str, Any]:
    """How many are released, of how many: of the right ones by language, of the wrong ones by fault as well."""
    counts: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for one in claims:
        across = (one["language"] == "en") != (one["passage_language"] == "en")
        within = "across languages" if across else "one language"
        kind = "right" if one["supported"] else "wrong"
        for row in (f"{kind}, {within}", *([one["fault"]] if one["fault"] else [])):
            counts[row][verdicts[one["id"]] == "supported"] += 1
    return {row: f"{count[True]} of {count.total()}" for row, count in sorted(counts.items())}


if __name__ == "__main__":
    main()
