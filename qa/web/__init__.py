"""The Gradio page: ask questions, read the quoted answers, look at their sources.

The public names are in `__init__.pyi`; Gradio is imported when `mount` is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
