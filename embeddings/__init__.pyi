from .chunking import Chunking
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
from .index_catalog import IndexCatalog
from .outline import Outline
from .ray_ingest import join_cluster
from .runtimes.model_folder import ModelFolder
from .runtimes.onnx import OnnxModel
from .sentences import sentences
from .stores.factory import open_store
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
    "IndexCatalog",
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
    "Outline",
    "ParseOptions",
    "QuestionError",
    "Section",
    "SettingsError",
    "SourceFile",
    "StoredDocument",
    "Tokens",
    "Vectors",
    "dateline",
    "find_files",
    "join_cluster",
    "open_encoder",
    "open_store",
    "read_file",
    "sentences",
]
