"""The library that the cases are about: the sample courses and the planted ones, indexed apart from what serves."""

from collections.abc import Sequence
from pathlib import Path

from companion.settings import CompanionSettings
from course_index.build import build_index, remove_courses
from course_index.embedders.embedder import Embedder
from course_index.settings import IN_A_FOLDER
from course_index.store.generations import IndexHome
from course_index.terminal import OnProgress
from eval.case import FORMS, Case
from eval.errors import DataProblem
from eval.lint import faults_of, read_cases, suite_of

_HERE = Path(__file__).parent
CASES = _HERE / "cases"
# Old editions, false statements and planted instructions: what a tutor must not fall for.
PLANTED = _HERE / "library"
SAMPLES = _HERE.parent / "course_index" / "samples"


def evaluation_index(
    settings: CompanionSettings, libraries: Sequence[Path], embedder: Embedder, progress: OnProgress
) -> CompanionSettings:
    """Index the libraries, and nothing else, in `evaluation/` of the data folder; give settings that serve from there.

    What is unchanged since the last evaluation is not embedded again. Learners' conversations stay where they are.
    """
    folder = settings.data_dir / "evaluation"
    home = IndexHome(folder)
    build_index(list(libraries), home, embedder, progress=progress)
    generation = home.open_current()
    roots = [path.resolve() for path in libraries]
    others = [
        id_
        for id_, source in generation.records.sources().items()
        if not any(Path(source).is_relative_to(root) for root in roots)
    ]
    generation.close()
    if others:  # of another evaluation's libraries
        remove_courses(others, home)
    for left in folder.glob("state.db*"):
        left.unlink()
    return settings.model_copy(update={"data_dir": folder, **IN_A_FOLDER})


def is_of_another_test(path: Path) -> bool:
    """Whether a file lies among the cases that ship and is of no suite, as claims.jsonl is.

    Elsewhere a file of no suite is one whose name somebody got wrong.
    """
    return suite_of(path) is None and path.resolve().parent == CASES


def cases_in(folder: Path, suites: Sequence[str], libraries: Sequence[Path]) -> dict[str, list[Case]]:
    """The cases of each suite in a folder's `<suite>*.jsonl`. Raises DataProblem, naming the first faults."""
    faults: list[str] = []
    found: dict[str, list[Case]] = {suite: [] for suite in suites}
    for path in sorted(folder.glob("*.jsonl")):
        if (suite := suite_of(path)) in found:
            found[suite] += read_cases(path, faults)
    faults += faults_of([case for cases in found.values() for case in cases], libraries)
    if faults:
        more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise DataProblem("; ".join(faults[:5]) + more)
    if not any(found.values()):
        names = " or ".join(f"{suite}*.jsonl" for suite in suites)
        raise DataProblem(f"{folder} has no cases; a file there must be named {names} (suites: {', '.join(FORMS)})")
    return found
