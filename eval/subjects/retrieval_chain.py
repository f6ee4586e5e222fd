"""A plain LangChain retrieval chain over the same index: what one gets from the tutorial, as a peer to stand beside."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import openai
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from companion.events import Done, Event, SourcesFound, TextAdded, TurnStarted
from companion.heard import Ask
from companion.sources import source_of
from eval.address import without_login
from eval.content import content_of
from eval.errors import SubjectUnreachable
from eval.reply import Passage
from eval.text import mode_of
from retrieval.rank import dense
from retrieval.search import Search

_PROMPT = ChatPromptTemplate.from_messages(
    [
        (
            "system",
            "You are an assistant for question-answering tasks. Use the following pieces of retrieved context to "
            "answer the question. If you don't know the answer, just say that you don't know. Cite the pieces you "
            "use as [1], [2]. Answer in the language of the question.\n\nContext:\n{context}",
        ),
        ("human", "{question}"),
    ]
)


class DenseRetriever(BaseRetriever):
    """The nearest passages by the vectors of the index, as a vector store's `as_retriever` gives them."""

    search: Any
    k: int = 4

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        search: Search = self.search
        found = [one.id for one in dense(search.query(query), self.k, search.generation.passage_vectors)]
        texts = search.records.passages(found)
        return [Document(texts[id_].text, metadata={"id": id_}) for id_ in found if id_ in texts]


class RetrievalChain:
    """prompt | model | parser over a dense retriever with four passages; no history, no check, no refusal."""

    def __init__(
        self, search: Search, base_url: str, model: str, api_key: str = "none", seconds: float = 180.0
    ) -> None:
        self.name = f"LangChain chain, {model}"
        self.salt = ""
        self._url, self._model, self._search = without_login(base_url), model, search
        self._retriever = DenseRetriever(search=search)
        chat = ChatOpenAI(
            base_url=base_url,
            model=model,
            api_key=SecretStr(api_key),
            temperature=0.0,
            max_completion_tokens=300,
            timeout=seconds,
            max_retries=1,
            streaming=True,
        )
        self._chain = _PROMPT | chat | StrOutputParser()

    def about(self) -> dict[str, Any]:
        """Its address and its model."""
        return {"subject": self.name, "base_url": self._url, "model": self._model}

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """One turn: retrieve, fill the prompt, stream."""
        yield TurnStarted(str(uuid.uuid4()), ask.conversation_id or str(uuid.uuid4()))
        documents = await asyncio.to_thread(self._retriever.invoke, ask.message)
        hits = self._search.placed([document.metadata["id"] for document in documents])
        yield SourcesFound(tuple(source_of(hit, n, hit.passage.text) for n, hit in enumerate(hits, 1)))
        context = "\n\n".join(f"[{n}] {hit.passage.text}" for n, hit in enumerate(hits, 1))
        text = ""
        try:
            async for piece in self._chain.astream({"context": context, "question": ask.message}):
                text += piece
                yield TextAdded(piece)
        except openai.APIConnectionError as error:
            raise SubjectUnreachable(f"nobody answers at {self._url}; is it an OpenAI-compatible endpoint?") from error
        yield Done(mode_of(text), None)

    async def catalogue(self) -> Mapping[str, Mapping[str, Any]] | None:
        """The chain answers questions; it serves no courses."""
        return None

    async def content(self) -> str | None:
        """That of the index."""
        return await asyncio.to_thread(content_of, self._search.records)

    async def ranked(self, question: str, k: int) -> list[Passage] | None:
        """The retriever's passages."""
        documents = await asyncio.to_thread(DenseRetriever(search=self._search, k=k).invoke, question)
        texts = self._search.records.passages([document.metadata["id"] for document in documents])
        return [Passage(id_, texts[id_].course_id, texts[id_].text) for id_ in (d.metadata["id"] for d in documents)]

    async def passage(self, passage_id: str) -> str | None:
        """The whole text of a passage."""
        found = self._search.records.passages([passage_id])
        return found[passage_id].text if passage_id in found else None

    async def close(self) -> None:
        """The index belongs to who opened it."""
