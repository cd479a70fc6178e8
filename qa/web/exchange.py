"""A question with its reply as JSON, kept in the browser and shown and exported from there."""

import datetime
from collections.abc import Mapping
from typing import Any, TypeAlias

from qa.serialization import reply_json
from qa.types import Citation, Reply

Exchange: TypeAlias = Mapping[str, Any]
"""The result of `exchange_json`. It comes back from a browser, so its contents are untrusted."""


def exchange_json(reply: Reply, options: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a reply for the browser.

    Args:
        reply: the reply.
        options: the fields of `AskOptions` that the question was asked with, and its folder.

    Returns:
        The reply as the HTTP API gives it, with what only the page shows: for each answer the
        start of its context and the place in its document's dateline, for each related sentence
        its passage, and the positions of the answers that contradict the best one. `verdicts` is
        filled by the browser: the verdict on an answer by its position.
    """
    return {
        "at": datetime.datetime.now(datetime.UTC).isoformat(),
        "options": dict(options),
        "reply": reply_json(reply),
        "context_starts": [answer.context_start for answer in reply.answers],
        "datelines": [
            str(answer.document.metadata.get("dateline", "")) for answer in reply.answers
        ],
        "conflicting": list(reply.conflicting),
        "passages": [_passage(reply, cited) for cited in reply.related],
        "verdicts": {},
    }


def _passage(reply: Reply, cited: Citation) -> dict[str, object]:
    """Return text and start of the chunk that a related sentence was found in."""
    for chunk in (hit.chunk for hit in reply.hits):
        same = chunk.document_id == cited.document.id
        if same and chunk.start <= cited.start and cited.end <= chunk.end:
            return {"text": chunk.text, "start": chunk.start}
    return {"text": cited.text, "start": cited.start}
