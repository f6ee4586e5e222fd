"""What can go wrong in an evaluation that its reader can mend."""


class EvaluationProblem(Exception):
    """The evaluation cannot go on; the message says why and what to do."""


class DataProblem(EvaluationProblem):
    """A data set cannot be read; the message says where and what to do."""


class SubjectUnreachable(EvaluationProblem):
    """Nobody answers where the subject should be."""


class RunMismatch(EvaluationProblem):
    """A run was begun with another subject, other cases or other settings."""
