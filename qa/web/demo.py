"""A sample article in an index of its own, for a first visit without documents."""

import atexit
import datetime
import functools
import shutil
import tempfile
from importlib.resources import files

from embeddings import Document, Index
from qa.assistant import Assistant

_FILE = files("qa.web") / "files" / "sample-article.txt"


class Demo:
    """The sample article. It is never part of the user's index."""

    questions = (
        "Who designed the tidal clock in Port Ellery?",
        "How much did the restoration cost?",
        "Why did the clock stop in 1953?",
    )
    """Questions that the article answers."""

    def __init__(self, assistant: Assistant) -> None:
        """Set the assistant whose models and settings are used."""
        self._assistant = assistant

    @functools.cached_property
    def assistant(self) -> Assistant:
        """The assistant over the sample article; its index is made on first use."""
        folder = tempfile.mkdtemp(prefix="qa-sample-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        index = Index.open(f"{folder}/index", create=True)
        title, _, body = _FILE.read_text(encoding="utf-8").partition("\n\n")
        date = datetime.date(2024, 5, 18)
        index.add([Document(id="sample-article.txt", text=body, title=title, date=date)])
        return self._assistant.with_index(index)
