from .assistant import Assistant
from .config import Config
from .followups import Turn
from .reader.hf_pipeline import pipeline
from .reader.reader import Reader
from .timeline.timeline import Timeline, TimelineEntry
from .types import Answer, Citation, Reply, Span

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Config",
    "Reader",
    "Reply",
    "Span",
    "Timeline",
    "TimelineEntry",
    "Turn",
    "pipeline",
]
