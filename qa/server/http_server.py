"""Uvicorn's server, made patient with nobody at the beginning and polite at the end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Connection", "Server"]

_SHUTDOWN_SECONDS = 3


class Server(uvicorn.Server):
    """Uvicorn's, where those that wait are refused before it waits for what is being done."""

    def __init__(self, app: ASGIApp, *, refuse: Callable[[], None]) -> None:
        """Make the server of an application.

        Args:
            app: what serves.
            refuse: called at the end: refuses what waits.
        """
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
        self._refuse = refuse

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the server."""
        self._refuse()
        await super().shutdown(sockets)


class Connection(H11Protocol):
    """Uvicorn's, closed when the head of a request is not there in time.

    Each open connection is an open file of the process, of which there may be a thousand or so: who
    opens them and sends a byte now and then would keep everyone else out.
    """

    head_seconds = 15.0
    """From the connection, or from the first byte of a later request, to the end of its head."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Go on with a request, or wait for the rest of its head."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._timer is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
