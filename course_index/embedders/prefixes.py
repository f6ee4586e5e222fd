"""What a model wants in front of a query and of a passage: without it, it finds markedly less."""

import re
from dataclasses import dataclass

from course_index.embedders.embedder import Role


@dataclass(frozen=True, slots=True)
class ByRole:
    """A word for queries and one for passages."""

    query: str = ""
    passage: str = ""

    def of(self, role: Role) -> str:
        """The word for this role."""
        return self.query if role == "query" else self.passage


_WEB_SEARCH = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"

# The first that is found in the name of the model, or of its folder, in small letters.
_PREFIXES = (
    # huggingface.co/intfloat/multilingual-e5-large-instruct: "Each query must come with a one-sentence instruction".
    (r"\be5-\w+-instruct\b", ByRole(query=f"{_WEB_SEARCH} ")),
    # huggingface.co/intfloat/multilingual-e5-small: "should start with 'query: ' or 'passage: ', even for non-English".
    (r"\be5-(small|base|large)\b", ByRole("query: ", "passage: ")),
    # github.com/FlagOpen/FlagEmbedding, model list of README_zh; bge-m3 is not in it: it wants nothing.
    (r"\bbge-\w+-zh\b", ByRole(query="为这个句子生成表示以用于检索相关文章：")),
    (r"\bbge-\w+-en\b", ByRole(query="Represent this sentence for searching relevant passages: ")),
    # huggingface.co/Qwen/Qwen3-Embedding-0.6B, config_sentence_transformers.json.
    (r"\bqwen3-embedding\b", ByRole(query=_WEB_SEARCH)),
    # huggingface.co/nomic-ai/nomic-embed-text-v1.5: "the text prompt must include a task instruction prefix".
    (r"\bnomic-embed-text\b", ByRole("search_query: ", "search_document: ")),
    # huggingface.co/google/embeddinggemma-300m, "Prompt Instructions".
    (r"\bembeddinggemma\b", ByRole("task: search result | query: ", "title: none | text: ")),
)


def prefixes_of(model: str) -> ByRole:
    """The prefixes of a model by its name; empty for one that is not known to want any."""
    name = model.lower()
    return next((prefixes for pattern, prefixes in _PREFIXES if re.search(pattern, name)), ByRole())
