"""Documents in, nearest chunks out.

The public names stand in `__init__.pyi`; each is imported when it is first used, so that a command
that needs one of them does not wait for all.
"""

import os

import lazy_loader

# ONNX Runtime sends usage figures to its makers; it looks at this when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
