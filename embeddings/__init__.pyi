from .chunking import Chunking
from .date_range import DateRange
from .dates import dateline, dateline_span
from .encoder import OnnxEncoder, open_encoder
from .errors import (
    AssistantError,
    ClusterError,
    DocumentError,
    DocumentIndexError,
    EmptyDocumentError,
    IncompleteFileError,
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
from .files import FoundFiles, SourceFile, find_files, read_file
from .formats.parse_options import ParseOptions
from .formats.records import Fields
from .formats.registry import FORMATS, Format
from .formats.sandbox import page_image, prepare_sandbox
from .index import Index
from .index_catalog import IndexCatalog
from .originals import OriginalFile
from .outline import Outline
from .ray_ingest import join_cluster
from .runtimes.model_folder import ModelFolder
from .runtimes.onnx import OnnxModel
from .sentences import sentences
from .types import (
    Chunk,
    Document,
    Encoder,
    Filter,
    Hit,
    IndexReport,
    Model,
    PageImage,
    Section,
    StoredDocument,
    Tokens,
    Vectors,
)

__all__ = [
    "FORMATS",
    "AssistantError",
    "Chunk",
    "Chunking",
    "ClusterError",
    "DateRange",
    "Document",
    "DocumentError",
    "DocumentIndexError",
    "EmptyDocumentError",
    "Encoder",
    "Fields",
    "Filter",
    "Format",
    "FoundFiles",
    "Hit",
    "IncompleteFileError",
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
    "OriginalFile",
    "Outline",
    "PageImage",
    "ParseOptions",
    "QuestionError",
    "Section",
    "SettingsError",
    "SourceFile",
    "StoredDocument",
    "Tokens",
    "Vectors",
    "dateline",
    "dateline_span",
    "find_files",
    "join_cluster",
    "open_encoder",
    "page_image",
    "prepare_sandbox",
    "read_file",
    "sentences",
]
