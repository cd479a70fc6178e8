from .chunking import Chunking, sentences
from .cluster import joined
from .dates import dateline
from .documents import Fields, ParseOptions, SourceFile, find_files, read_file
from .encoder import OnnxEncoder, open_encoder
from .errors import (
    AssistantError,
    ClusterError,
    DocumentError,
    DocumentIndexError,
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexNotFoundError,
    IndexOutdatedError,
    IndexStorageError,
    ModelError,
    QuestionError,
    SettingsError,
)
from .index import Index
from .runtimes.folder import ModelFolder
from .runtimes.onnx import OnnxModel
from .stores.places import open_store
from .types import (
    Chunk,
    DateRange,
    Document,
    Encoder,
    Filter,
    Hit,
    IndexReport,
    Model,
    Section,
    StoredDocument,
    Tokens,
    Vectors,
)

__all__ = [
    "AssistantError",
    "Chunk",
    "Chunking",
    "ClusterError",
    "DateRange",
    "Document",
    "DocumentError",
    "DocumentIndexError",
    "Encoder",
    "Fields",
    "Filter",
    "Hit",
    "Index",
    "IndexBusyError",
    "IndexDamagedError",
    "IndexMismatchError",
    "IndexNotFoundError",
    "IndexOutdatedError",
    "IndexReport",
    "IndexStorageError",
    "Model",
    "ModelError",
    "ModelFolder",
    "OnnxEncoder",
    "OnnxModel",
    "QuestionError",
    "ParseOptions",
    "Section",
    "SettingsError",
    "SourceFile",
    "StoredDocument",
    "Tokens",
    "Vectors",
    "dateline",
    "find_files",
    "joined",
    "open_encoder",
    "open_store",
    "read_file",
    "sentences",
]
