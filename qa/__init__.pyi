from .assistant import Assistant
from .config import Config
from .conversation import Turn
from .pipeline import pipeline
from .reader import Reader
from .types import Answer, Reply, Span

__all__ = ["Answer", "Assistant", "Config", "Reader", "Reply", "Span", "Turn", "pipeline"]
