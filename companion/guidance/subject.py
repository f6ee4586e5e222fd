"""What a wish is about, without its conditions: 佛山 线下 免费 学舞狮 is about 舞狮."""

import re

from companion.guidance.need import CONDITIONS
from companion.guidance.places import names_of_places
from companion.understanding.wish import course_subject
from course_index.analyze import normalise

_LEFT_OVER = re.compile(
    r"^[\s，。？！、,.?!；;]*(?:我|在|的|就|想|要|最好|能|可以|和|或|也|都|那种|这种|in|at|or|and|please)*[\s，。？！、,.?!；;]*$"
)


def subject_of(message: str) -> str:
    """The words of a wish that say what is to be learned; empty when it names conditions only."""
    said = normalise(message)
    for pattern in (*CONDITIONS, names_of_places()):
        said = pattern.sub(" ", said)
    if _LEFT_OVER.match(course_subject(said)) or not any(character.isalnum() for character in said):
        return ""
    return said.strip()
