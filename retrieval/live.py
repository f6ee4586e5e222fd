"""The index that serves: always the newest generation that could be opened, never a half-written one."""

import threading
import time
from typing import Any

from course_index.embedders.embedder import Embedder
from course_index.errors import IndexMissing, IndexProblem, PartUnavailable
from course_index.searchable import refuse_mismatch
from course_index.store.disk import disk_explained
from course_index.store.generation import Generation
from course_index.store.generations import IndexHome
from course_index.store.records import CourseFilter
from retrieval.e5_cross_encoder import E5CrossEncoder
from retrieval.rerank.gate import Gate
from retrieval.search import Search
from retrieval.wording import Wording

# No turn that began on an older generation is still under way after so long.
_LONGEST_TURN_SECONDS = 600.0


class LiveIndex:
    """Holds the Search of the current generation; `refresh` swaps it for a newer one."""

    def __init__(
        self,
        home: IndexHome,
        embedder: Embedder,
        reranker: Gate | None = None,
        wording: Wording | None = None,
        cross_encoder: E5CrossEncoder | None = None,
    ) -> None:
        self._home = home
        self._embedder = embedder
        self._reranker = reranker
        self._wording = wording
        self._cross_encoder = cross_encoder
        self._search: Search | None = None
        self._previous: Search | None = None
        self._replaced_at = 0.0
        self._refreshing = threading.Lock()
        # Why the newest generation could not be opened; None while the open one is the newest.
        self.last_problem: str | None = None

    def over(self, home: IndexHome) -> "LiveIndex":
        """Another index, searched with the same parts."""
        return LiveIndex(home, self._embedder, self._reranker, self._wording, self._cross_encoder)

    @property
    def embedder(self) -> Embedder:
        """What the index is searched with."""
        return self._embedder

    @property
    def search(self) -> Search:
        """Raises IndexMissing before the first build. Take it once a turn: the turn then reads one generation."""
        if self._search is None:
            self.refresh()
        assert self._search is not None
        return self._search

    def builds(self) -> list[dict[str, Any]]:
        """What the latest builds did, the oldest first."""
        return self._home.builds()

    @property
    def generation(self) -> str | None:
        """The name of the open generation."""
        return self._search.generation.name if self._search else None

    @property
    def whole(self) -> bool:
        """Whether every part of the open generation answered when it was last asked."""
        return self._search is not None and self._search.legs.whole

    def refresh(self) -> bool:
        """Open the current generation if it is not the open one; True when it was swapped in.

        Raises IndexMissing when nothing is built, and IndexMismatch when it was built with other parts; whatever was
        open before stays open then.
        """
        with self._refreshing:
            problem = self._follow()
            name = self._home.current()
            if name is None and self._search is None:
                raise IndexMissing("nothing is indexed yet; run: companion-index build PATH...")
            if name is None or name == self.generation:
                self.last_problem = problem
                self._let_go_of_previous()
                return False
            fresh = self._open()
            outdated, self._previous, self._search = self._previous, self._search, fresh
            self._replaced_at = time.monotonic()
            if outdated:  # two builds ago: no turn lasts that long
                self._let_go(outdated)
                self._home.drop_unread()
            return True

    def _let_go_of_previous(self) -> None:
        """Close what turns that were under way had open, once they are over: what was deleted goes from disk then."""
        if self._previous and time.monotonic() - self._replaced_at > _LONGEST_TURN_SECONDS:
            self._let_go(self._previous)
            self._previous = None
            self._home.drop_unread()

    def _let_go(self, search: Search) -> None:
        search.generation.close()
        self._home.leave(search.generation.name)

    def _follow(self) -> str | None:
        """Take what another host has built. A database that does not answer leaves what is open as it is."""
        try:
            self._home.follow([one.generation.name for one in (self._previous, self._search) if one])
        except PartUnavailable as error:
            if self._search is None and self._home.current() is None:
                raise
            return str(error)
        return None

    def _open(self) -> Search:
        try:
            with disk_explained():
                generation = self._home.open_current()
                try:
                    fresh = self._checked(generation)
                except BaseException:
                    generation.close()
                    raise
        except IndexProblem as error:
            self.last_problem = str(error)
            raise
        self.last_problem = None
        return fresh

    def _checked(self, generation: Generation) -> Search:
        refuse_mismatch(generation.records.meta(), self._embedder)
        fresh = Search(generation, self._embedder, self._reranker, self._wording, self._cross_encoder)
        # The first query loads the vectors and the catalogue: no learner waits for it.
        query = fresh.query("热身 warm up")
        fresh.passages(query, 1)
        fresh.catalogue(query, CourseFilter(), 1, 1)
        return fresh

    def close(self) -> None:
        """Close what is open."""
        for search in (self._previous, self._search):
            if search:
                self._let_go(search)
        self._previous = self._search = None
        self._home.close()
