"""The page where people ask, read the answer in its sentence, look at the source and ask on.

What it offers stands in `__init__.pyi`; Gradio is imported when the page is made, not before.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
