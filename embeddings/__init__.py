"""Index documents, and search their chunks.

The public names are in `__init__.pyi`. Each is imported when it is first used: no command waits
for imports that it does not need.
"""

import os

import lazy_loader

# Read when ONNX Runtime is imported. By default it sends usage statistics to its developers.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
