"""Uvicorn server with a header timeout and graceful shutdown."""

import asyncio
import socket
from collections.abc import Callable

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_SHUTDOWN_SECONDS = 3


class Server(uvicorn.Server):
    """Server that refuses queued requests on shutdown, before it waits for the running ones."""

    def __init__(self, app: ASGIApp, *, refuse_queued: Callable[[], None]) -> None:
        """Create the server; on shutdown it calls `refuse_queued` to refuse the queued requests."""
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
            )
        )
        self._refuse_queued = refuse_queued

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the server."""
        self._refuse_queued()
        await super().shutdown(sockets)


class Connection(H11Protocol):
    """Connection that is closed when the headers of a request do not arrive in time.

    Each connection is an open file of the process, and their number is limited. Clients that send
    a byte from time to time could use up all of them.
    """

    header_seconds = 15.0
    """Time limit from opening the connection, or from the first byte of a later request, to the end
    of the headers."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer."""
        super().connection_made(transport)
        self._start_timer()

    def data_received(self, data: bytes) -> None:
        """Stop the timer at the end of the headers; start it for a later request."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_timer()
        elif self._timer is None:
            self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(self.header_seconds, self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
