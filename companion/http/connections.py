"""Connections that wait for nobody without end, as uvicorn's own do: for a head, and for a reader."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # httptools comes with Chroma

# What nginx takes by default is less. It is looked at chunk by chunk, so that one chunk more may have been read.
HEAD_BYTES = 65_536
HEAD_SECONDS = 20.0
# So long a reader may take nothing. A turn goes on without, and can be taken up again.
READER_SECONDS = 30.0
# The name, in the state of the lifespan, of what is to be called when the service is asked to stop.
STOPPING = "stopping"


class BoundedConnection(HttpToolsProtocol):
    """A connection with bounds for what uvicorn has none: how large a head is, how long it takes, how long a reader."""

    _framing = 0  # bytes since the last that anybody could use: of a head, of trailers, of a chunk's extension
    _unsent = 0
    _answered: Any = None
    _waiting_for_head: asyncio.TimerHandle | None = None
    _waiting_for_reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has come, and says nothing yet."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone; nothing is waited for any more."""
        for timer in (self._waiting_for_head, self._waiting_for_reader):
            _stop(timer)
        if self._answered:  # uvicorn tells the last request alone, and of several at once the first is answered
            self._answered.disconnected = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes came."""
        self._framing += len(data)
        super().data_received(data)
        if self._framing <= HEAD_BYTES or self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self.send_400_response(f"The head of a request may have {HEAD_BYTES} bytes.")
        else:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._framing = 0
        _stop(self._waiting_for_head)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body came, whose size is for `Bounds` to say."""
        self._framing = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """An answer was written, though perhaps not read."""
        super().on_response_complete()
        if self.cycle.response_complete:  # else the next request has come meanwhile
            self._wait_for_head()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def shutdown(self) -> None:
        """The service is asked to stop: uvicorn waits for all answers, and tells the application only afterwards."""
        super().shutdown()
        if stopping := self.app_state.get(STOPPING):
            stopping()

    def pause_writing(self) -> None:
        """Too much waits for the reader."""
        super().pause_writing()
        self._waiting_for_reader = self.loop.call_later(READER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The reader took most of it."""
        _stop(self._waiting_for_reader)
        super().resume_writing()

    def _wait_for_head(self) -> None:
        _stop(self._waiting_for_head)
        self._unsent = self.transport.get_write_buffer_size()
        self._waiting_for_head = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        # To close would wait until the reader has taken all of the last answer, and some never do.
        if 0 < self.transport.get_write_buffer_size() < self._unsent:
            self._wait_for_head()
        else:
            self.transport.abort()


def _stop(timer: asyncio.TimerHandle | None) -> None:
    if timer:
        timer.cancel()
