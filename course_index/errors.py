"""What can go wrong with the index, each said in a sentence that tells what to do."""


class IndexProblem(Exception):
    """Anything the operator of the index can mend."""


class SourceProblem(IndexProblem):
    """A course file that cannot be read; it is reported and the rest is indexed."""


class IndexLocked(IndexProblem):
    """Another process is writing to the same index."""


class IndexMismatch(IndexProblem):
    """The index was built with other parts (an embedder, a schema) than those now chosen."""


class IndexMissing(IndexProblem):
    """Nothing has been built yet."""


class IndexDamaged(IndexProblem):
    """A file of the index is missing or cannot be read; a rebuild makes it anew."""


class PartUnavailable(IndexProblem):
    """A server that keeps a part of the index does not answer, or has lost it."""
