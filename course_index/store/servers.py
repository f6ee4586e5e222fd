"""The servers that keep parts of generations, where they are not in folders."""

from dataclasses import dataclass

from course_index.store.postgresql import PostgresTerms
from course_index.store.shelf import Shelf
from course_index.store.vectors import VectorServer


@dataclass(frozen=True, slots=True)
class Servers:
    """None keeps that part in the generation's folder. With a shelf hosts take its files from there."""

    chroma: VectorServer | None = None
    terms: PostgresTerms | None = None
    shelf: Shelf | None = None

    def make(self, place: str) -> None:
        """Make a place for a generation, empty whatever a killed build left there. Raises PartUnavailable."""
        for server in (self.chroma, self.terms):
            if server:
                server.make(place)

    def drop(self, place: str) -> None:
        """Forget what is kept of a generation. Raises PartUnavailable."""
        for server in (self.chroma, self.terms):
            if server and place:
                server.drop(place)

    def close(self) -> None:
        """Give back the connections."""
        for server in (self.chroma, self.terms, self.shelf):
            if server:
                server.close()


NO_SERVERS = Servers()
