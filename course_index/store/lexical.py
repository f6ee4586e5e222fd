"""The lexical index: tantivy, embedded; BM25 with k1 = 1.2 and b = .75, which are tantivy's own."""

import math
from collections.abc import Collection, Sequence
from pathlib import Path

import tantivy

from course_index.analyze import normalise, terms

# BM25's term weight saturates at k1 + 1, so a query whose every term saturates scores (k1 + 1) x the sum of its idf.
SATURATION = 2.2
# Another word for what was asked counts a little less than the word itself.
ADDED_WEIGHT = 0.8
_WRITER_HEAP_BYTES = 64_000_000
# tantivy drops tokens above this; a word so long is a link or noise.
LONGEST_TERM = 60


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

    def change(self, upserts: Collection[tuple[str, str]], deletes: Collection[str]) -> None:
        """Replace the text of the ids in `upserts` and forget `deletes`, in one commit."""
        if not upserts and not deletes:
            return
        writer = self._index.writer(heap_size=_WRITER_HEAP_BYTES, num_threads=1)
        for id_ in deletes:
            writer.delete_documents_by_term("id", id_)
        for id_, text in upserts:
            writer.delete_documents_by_term("id", id_)
            cut = (term for term in terms(normalise(text)) if len(term) <= LONGEST_TERM)
            writer.add_document(tantivy.Document(id=id_, terms=" ".join(cut)))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def clear(self) -> None:
        """Forget everything, down to the dictionary of its terms."""
        writer = self._index.writer(heap_size=_WRITER_HEAP_BYTES, num_threads=1)
        writer.delete_all_documents()
        writer.commit()
        writer.garbage_collect_files()
        writer.wait_merging_threads()
        self._index.reload()

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
        return [(searcher.doc(address)["id"][0], min(1.0, score / (SATURATION * most))) for score, address in hits]

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
        return {searcher.doc(address)["id"][0]: min(1.0, score / total) for score, address in hits}

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
        return [searcher.doc(address)["id"][0] for _, address in hits]

    def ids(self) -> set[str]:
        """The ids of all documents."""
        searcher = self._index.searcher()
        everything = searcher.search(tantivy.Query.all_query(), max(1, searcher.num_docs), count=False).hits
        return {searcher.doc(address)["id"][0] for _, address in everything}


def idf(total: int, containing: int) -> float:
    """How much a term tells that `containing` of `total` texts hold."""
    return math.log(1 + (total - containing + 0.5) / (containing + 0.5))
