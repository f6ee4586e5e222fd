"""What is kept for good is kept of a known number of things, and of nothing that a learner wrote."""

import ast
from pathlib import Path

PROJECT = Path(__file__).parent.parent
# Each takes what the project itself has: a file, a name in one, a language, a character of a pattern.
OF_OUR_OWN = {
    "companion/quoting/differences:_says",
    "companion/guidance/places:_stem",
    "companion/guidance/sayings:sayings",
    "companion/http/portal:_packed",
    "companion/http/portal_words:portal_words",
    "companion/patterns:_simplified_character",
    "companion/understanding/wholly:kinds_in",
    "companion/understanding/wholly:slots_in",
    "companion/words:words",
    "course_index/analyze:_converter",
    "course_index/embedders/e5_weights:read_weights",
}


def kept_for_good():
    """The functions that remember every argument they were ever given."""
    for package in ("companion", "retrieval", "course_index", "wechat", "prompts"):
        for path in sorted((PROJECT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef) and node.args.args:
                    names = {ast.unparse(decorator) for decorator in node.decorator_list}
                    if names & {"cache", "functools.cache", "lru_cache(maxsize=None)"}:
                        yield f"{path.relative_to(PROJECT).with_suffix('')}:{node.name}"


def test_nothing_that_somebody_else_may_say_is_kept_for_good():
    assert set(kept_for_good()) == OF_OUR_OWN
