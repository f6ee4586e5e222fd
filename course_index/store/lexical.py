"""The lexical index: tantivy, embedded; BM25 with k1 = 1.2 and b = .75, which are tantivy's own."""

import errno
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy

from course_index.analyze import normalise, terms
from course_index.store.legs import Way, Word

# BM25's term weight saturates at k1 + 1, so a query whose every term saturates scores (k1 + 1) x the sum of its idf.
SATURATION = 2.2
# Another word for what was asked counts a little less than the word itself.
ADDED_WEIGHT = 0.8
_WRITER_HEAP_BYTES = 64_000_000
# The ids of so many documents are held in memory, 10 MB.
_MOST_HELD = 100_000
# tantivy drops tokens above this; a word so long is a link or noise.
LONGEST_TERM = 60
_OF_THE_DISK = ("os error", "io::Error")


class LexicalIndex:
    """BM25 over terms that we cut ourselves: tantivy only splits them at spaces."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._schema = (
            tantivy.SchemaBuilder()
            .add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
            .add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
            .build()
        )
        self._index = tantivy.Index(self._schema, path=str(folder), reuse=True)
        # By segment and place in it, as far as they are needed.
        self._ids: list[list[str]] | None = None

    def change(self, upserts: Collection[tuple[str, str]], deletes: Collection[str]) -> None:
        """Replace the text of the ids in `upserts` and forget `deletes`, in one commit."""
        if not upserts and not deletes:
            return
        with _writing():
            writer = self._index.writer(heap_size=_WRITER_HEAP_BYTES, num_threads=1)
            for id_ in deletes:
                writer.delete_documents_by_term("id", id_)
            for id_, text in upserts:
                writer.delete_documents_by_term("id", id_)
                cut = (term for term in terms(normalise(text)) if len(term) <= LONGEST_TERM)
                writer.add_document(tantivy.Document(id=id_, terms=" ".join(cut)))
            writer.commit()
            writer.wait_merging_threads()
        self._reload()

    def clear(self) -> None:
        """Forget everything, down to the dictionary of its terms."""
        with _writing():
            writer = self._index.writer(heap_size=_WRITER_HEAP_BYTES, num_threads=1)
            writer.delete_all_documents()
            writer.commit()
            writer.garbage_collect_files()
            writer.wait_merging_threads()
        self._reload()

    def seal(self) -> None:
        """Nothing is left to do: each change is searched at once."""

    def search(self, query_terms: Sequence[str], k: int, added: Sequence[str] = ()) -> list[tuple[str, float]]:
        """The best `k` ids with BM25 as a share of the most that this query could score, 0 to 1; best first.

        `added` terms count ADDED_WEIGHT where they are found, and nothing against a text that lacks them.
        """
        asked = list(dict.fromkeys(query_terms))
        searcher = self._index.searcher()
        total = searcher.num_docs
        if not asked or not total:
            return []
        most = sum(idf(total, searcher.doc_freq("terms", term)) for term in asked)
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "terms", term, "freq")) for term in asked
        ]
        clauses += [
            (
                tantivy.Occur.Should,
                tantivy.Query.boost_query(tantivy.Query.term_query(self._schema, "terms", term, "freq"), ADDED_WEIGHT),
            )
            for term in dict.fromkeys(added)
            if term not in asked
        ]
        hits = searcher.search(tantivy.Query.boolean_query(clauses), k, count=False).hits
        # Deleted documents still count in tantivy's own idf until they are merged away: hence the cap.
        ids = self._ids_of(searcher, hits)
        return [(id_, min(1.0, score / (SATURATION * most))) for id_, (score, _) in zip(ids, hits, strict=True)]

    def search_ways(self, words: Sequence[Word], k: int) -> list[tuple[str, float]]:
        """The best `k` ids for words each of which may be put in several ways (see `LexicalSearch`); best first."""
        searcher = self._index.searcher()
        total = searcher.num_docs
        asked = {term for word in words for way in word for term in way}
        found = {term: searcher.doc_freq("terms", term) for term in asked}
        weighed = weighed_words(words, total, found)
        most = sum(weight for weight, _ in weighed)
        if not most or k < 1:
            return []

        def query_of(way: Way, weight: float) -> tantivy.Query:
            # tantivy takes a term to be as rare as it is by itself.
            shares = {term: weight / len(way) / idf(total, found[term]) for term in way}
            said = [
                tantivy.Query.boost_query(tantivy.Query.term_query(self._schema, "terms", term, "freq"), share)
                for term, share in shares.items()
            ]
            if len(said) == 1:
                return said[0]
            return tantivy.Query.boolean_query([(tantivy.Occur.Must, one) for one in said])

        clauses = [
            (tantivy.Occur.Should, tantivy.Query.disjunction_max_query([query_of(way, weight) for way in ways]))
            for weight, ways in weighed
            if ways
        ]
        hits = searcher.search(tantivy.Query.boolean_query(clauses), k, count=False).hits
        ids = self._ids_of(searcher, hits)
        return [(id_, min(1.0, score / (SATURATION * most))) for id_, (score, _) in zip(ids, hits, strict=True)]

    def coverage(self, wanted: Sequence[str], ids: Collection[str]) -> dict[str, float]:
        """How much of what is wanted each text has, 0 to 1: the share of its terms, rare ones counting most.

        Unlike BM25 it does not matter how often a text says a term, nor how long the text is.
        """
        weights = self.rarity(list(dict.fromkeys(wanted)))
        total = sum(weights.values())
        if not ids or not total:
            return {}
        # A term set does the same in three times the time.
        among = tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "id", id_, "basic")) for id_ in ids]
        )
        clauses = [(tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0))]
        for term, weight in weights.items():
            found = tantivy.Query.term_query(self._schema, "terms", term, "basic")
            clauses.append((tantivy.Occur.Should, tantivy.Query.const_score_query(found, weight)))
        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.boolean_query(clauses), len(ids), count=False).hits
        covered = self._ids_of(searcher, hits)
        return {id_: min(1.0, score / total) for id_, (score, _) in zip(covered, hits, strict=True)}

    def rarity(self, wanted: Sequence[str]) -> dict[str, float]:
        """How much each term tells: its inverse document frequency, as BM25 has it."""
        searcher = self._index.searcher()
        return {term: idf(searcher.num_docs, searcher.doc_freq("terms", term)) for term in wanted}

    def holding(self, wanted: Collection[str], k: int) -> list[str]:
        """Up to `k` ids of texts that hold every one of these terms; none for no terms."""
        if not wanted or k < 1:
            return []
        clauses = [
            (tantivy.Occur.Must, tantivy.Query.term_query(self._schema, "terms", term, "basic")) for term in wanted
        ]
        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.boolean_query(clauses), k, count=False).hits
        return self._ids_of(searcher, hits)

    def ids(self) -> set[str]:
        """The ids of all documents."""
        searcher = self._index.searcher()
        everything = searcher.search(tantivy.Query.all_query(), max(1, searcher.num_docs), count=False).hits
        return {searcher.doc(address)["id"][0] for _, address in everything}

    def _reload(self) -> None:
        self._ids = None
        self._index.reload()

    def _ids_of(self, searcher: Any, hits: Sequence[tuple[float, Any]]) -> list[str]:
        """The id of each hit. tantivy unpacks a document whenever it is asked: ids are held where they are few."""
        if searcher.num_docs > _MOST_HELD:
            return [searcher.doc(address)["id"][0] for _, address in hits]
        if self._ids is None:
            self._ids = _all_ids(searcher)
        return [self._ids[address.segment_ord][address.doc] for _, address in hits]


@contextmanager
def _writing() -> Iterator[None]:
    """Raise OSError for what tantivy tells of the disk as a ValueError; why its writer stopped it may not know."""
    try:
        yield
    except ValueError as error:
        said = str(error)
        if not any(word in said for word in _OF_THE_DISK):
            raise
        raise OSError(errno.ENOSPC if "No space left" in said else errno.EIO, said) from error


def weighed_words(words: Sequence[Word], total: int, found: Mapping[str, int]) -> list[tuple[float, list[Way]]]:
    """How much each word tells, all its ways together, with the ways that there are in the `total` texts at all.

    `found` says in how many texts each term is. No text is looked at for that: a way is taken to be in as many as its
    rarest term, and the ways of a word never in one text.
    """
    weighed = []
    for word in words:
        ways = [way for way in word if all(found.get(term) for term in way)]
        texts = min(total, sum(min(found[term] for term in way) for way in ways))
        weighed.append((idf(total, texts), ways))
    return weighed


def _all_ids(searcher: Any) -> list[list[str]]:
    """By segment and place in it the id of every document; empty for those that are deleted."""
    found: list[list[str]] = [[] for _ in range(searcher.num_segments)]
    hits = searcher.search(tantivy.Query.all_query(), max(1, searcher.num_docs), count=False).hits
    for address in sorted((hit for _, hit in hits), key=lambda address: (address.segment_ord, address.doc)):
        segment = found[address.segment_ord]
        segment += [""] * (address.doc - len(segment))
        segment.append(searcher.doc(address)["id"][0])
    return found


def idf(total: int, containing: int) -> float:
    """How much a term tells that `containing` of `total` texts hold."""
    return math.log(1 + (total - containing + 0.5) / (containing + 0.5))
