"""Gradio, imported without what the page has no use for."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import NoReturn

__all__ = ["gradio"]


class _OnUse(MetaPathFinder):
    """Finds a module so that it runs only when something of it is used, which may be never."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the one module, and leave every other to the finders that follow."""
        spec = PathFinder.find_spec(name) if name == self._name else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def _no_file(_: object) -> NoReturn:
    raise OSError


@contextmanager
def _less() -> Iterator[None]:
    """Keep Gradio from three things while it is imported.

    One is pandas, for tables and plots of its own. Another is the Model Context Protocol's SDK,
    which it can do without, and which our own door imports when an agent comes. The third is
    writing type stubs for each of its components into its own folder, every time; it passes over a
    component without a source file.
    """
    finder, found = _OnUse("pandas"), inspect.getfile
    sys.meta_path.insert(0, finder)
    inspect.getfile = _no_file  # type: ignore[assignment]
    hidden = "mcp" not in sys.modules
    if hidden:
        sys.modules["mcp"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules["mcp"]
        inspect.getfile = found
        sys.meta_path.remove(finder)


_FOLDER = TemporaryDirectory(prefix="qa-page-")
"""Where Gradio writes, if it does: nobody else's, and gone when the process ends."""

# Gradio reads these. It would tell its makers of every start, sum up every call of an endpoint by
# means of pandas, and share a folder with every other.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(sys.maxsize)
os.environ["GRADIO_TEMP_DIR"] = _FOLDER.name
with _less():
    import gradio
