"""Who is asked, and what: the subject and the cases that the options name."""

import os
from collections.abc import Sequence
from pathlib import Path

from companion.settings import CompanionSettings
from course_index.embedders.embedder import Embedder
from eval.errors import DataProblem
from eval.library import CASES, PLANTED, SAMPLES, cases_in
from eval.run import Plan, sample
from eval.subjects.subject import Subject


class Who:
    """Who is asked: nobody named means the companion in this process."""

    def __init__(
        self, base_url: str | None, chat_url: str | None, chat_model: str, chain: bool, token: str | None
    ) -> None:
        if base_url and chat_url:
            raise DataProblem("--base-url and --chat-url are two subjects; run one after the other, then compare")
        if chain and not chat_url:
            raise DataProblem("--chain needs the model at --chat-url")
        self.base_url, self.chat_url, self.chat_model, self.chain = base_url, chat_url, chat_model, chain
        self.token = token

    @property
    def needs_index(self) -> bool:
        """Whether the courses must be indexed here."""
        return not self.base_url and (self.chain or not self.chat_url)

    def subject(self, settings: CompanionSettings, embedder: Embedder | None) -> Subject:
        """The subject."""
        from eval.subjects.chat_model import ChatModel as Bare
        from eval.subjects.in_process import InProcess
        from eval.subjects.over_http import OverHttp
        from eval.subjects.retrieval_chain import RetrievalChain

        if self.base_url:
            return OverHttp(self.base_url, self.token)
        key = os.environ.get("OPENAI_API_KEY", "none")
        if self.chat_url and not self.chain:
            return Bare(self.chat_url, self.chat_model, key)
        assert embedder
        ours = InProcess(settings, embedder)
        return RetrievalChain(ours.search, self.chat_url, self.chat_model, key) if self.chat_url else ours


def libraries_of(data: Path | None) -> list[Path]:
    """The courses that cases are about: those beside them, else the samples."""
    if data is None:
        return [SAMPLES, *([PLANTED] if PLANTED.is_dir() else [])]
    library = data / "library"
    if not library.is_dir():
        return [SAMPLES]
    # With a catalogue the folder is read as one; without, each folder or file in it is a course.
    return [library] if any(library.glob("*.json*")) else sorted(library.iterdir())


def plan_of(suites: Sequence[str], data: Path | None, limit: int | None, seed: int, repeat: int) -> Plan:
    """What is asked: the cases of the suites, as many as the limit lets. Raises DataProblem."""
    cases = cases_in(data or CASES, suites, libraries_of(data))
    drawn = {suite: sample(of, limit, seed) for suite, of in cases.items() if of}
    return Plan(drawn, repeat, seed, limit, str(data) if data else "own")
