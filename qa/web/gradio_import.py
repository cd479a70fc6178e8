"""Gradio, imported without parts that the page does not use.

`import gradio` takes 3.5 s on two busy cores, and 1.1 s this way: each of the three parts saves 0.5
to 1 s (medians of three runs).
"""

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


class _LazyFinder(MetaPathFinder):
    """Finder that delays the execution of one module until it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the one module; leave the others to the next finders."""
        spec = PathFinder.find_spec(name) if name == self._name else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def _no_source_file(_: object) -> NoReturn:
    raise OSError


@contextmanager
def _fast_import() -> Iterator[None]:
    """Keep Gradio from doing slow work that the page does not need while it is imported.

    - pandas: used for tables and plots; delayed until it is used.
    - The SDK of the Model Context Protocol: optional for Gradio.
    - Type stubs, which Gradio writes for each component on every import, except for components
      without a source file.
    """
    finder, getfile = _LazyFinder("pandas"), inspect.getfile
    sys.meta_path.insert(0, finder)
    inspect.getfile = _no_source_file  # type: ignore[assignment]
    hidden = "mcp" not in sys.modules
    if hidden:
        sys.modules["mcp"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules["mcp"]
        inspect.getfile = getfile
        sys.meta_path.remove(finder)


_FOLDER = TemporaryDirectory(prefix="qa-page-")

# Gradio reads these: no usage statistics, no summary of calls (it needs pandas), and a temporary
# folder that is removed when the process ends.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(sys.maxsize)
os.environ["GRADIO_TEMP_DIR"] = _FOLDER.name
with _fast_import():
    import gradio
