from .assistant import Assistant
from .config import Config
from .followups import Turn
from .pipeline import pipeline
from .reader import Reader
from .timeline import Timeline, Told
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
    "Told",
    "Turn",
    "pipeline",
]
