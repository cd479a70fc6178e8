"""The part of the server that the page uses."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from qa.assistant import Assistant
from qa.config import Config
from qa.types import Reply

_T = TypeVar("_T")


class PageService(Protocol):
    """The part of `qa.server.service.Service` that the page uses.

    Its functions raise `AssistantError` if too many requests are waiting.
    """

    @property
    def assistant(self) -> Assistant:
        """The assistant."""

    @property
    def config(self) -> Config:
        """The settings."""

    @property
    def folder_changes(self) -> Mapping[str, int] | None:
        """Numbers of changes in the watched folder; None if no folder is watched."""

    @property
    def folder_failures(self) -> Sequence[str]:
        """The last reasons why a file of the watched folder could not be read."""

    def ask_now(self, ask: Callable[[], Reply], /) -> Reply:
        """Answer a question in a worker thread and count it."""

    def read_now(self, look: Callable[[], _T], /) -> _T:
        """Read the index in a worker thread."""

    def write_now(self, change: Callable[[], _T], /) -> _T:
        """Change the index in the writer thread."""
