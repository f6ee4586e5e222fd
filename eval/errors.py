"""What can go wrong in an evaluation that its reader can mend."""


class DataProblem(Exception):
    """A data set cannot be read; the message says where and what to do."""
