"""JSON of replies, hits, documents and reports for the command line, the HTTP API and the page.

`qa.server.responses` defines the JSON. It is imported where it is used: Pydantic takes 0.1 s.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from embeddings import Hit, IndexReport, StoredDocument
from qa.monitoring.verify import Finding
from qa.timeline.timeline import Timeline
from qa.types import Reply

if TYPE_CHECKING:
    from qa.monitoring.watch import Change

# Control characters except tab and line feed, and characters that change the text direction.
_UNSHOWABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def replace_control_characters(text: str) -> str:
    """Replace characters that control a terminal or change the text direction with U+FFFD."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def reply_json(reply: Reply) -> dict[str, Any]:
    """Return a reply as JSON."""
    from qa.server.responses import ReplyJson

    return ReplyJson.json_of(reply)


def timeline_json(timeline: Timeline) -> dict[str, Any]:
    """Return a timeline as JSON."""
    from qa.server.responses import TimelineJson

    return TimelineJson.json_of(timeline)


def hit_json(hit: Hit) -> dict[str, Any]:
    """Return a hit as JSON, with both parts of its score and its offsets in the document."""
    from qa.server.responses import HitJson

    return HitJson.json_of(hit)


def stored_json(stored: StoredDocument) -> dict[str, Any]:
    """Return a document of the index as JSON, without its text."""
    from qa.server.responses import StoredJson

    return StoredJson.json_of(stored)


def finding_json(finding: Finding) -> dict[str, object]:
    """Return the result of checking a citation as JSON."""
    return dataclasses.asdict(finding)


def change_json(change: Change) -> dict[str, object]:
    """Return the change of a watched answer as JSON."""
    row = dataclasses.asdict(change)
    for answer in (row["was"], row["now"]):
        if answer is not None:
            del answer["value"]
    return row


def report_json(report: IndexReport) -> dict[str, object]:
    """Return the result of adding documents as JSON."""
    return {field.name: list(getattr(report, field.name)) for field in dataclasses.fields(report)}
