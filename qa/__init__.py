"""Answer questions with quotations from the documents of an index.

The public names are in `__init__.pyi`. Each is imported when it is first used: no command waits
for imports that it does not need.
"""

import lazy_loader

import embeddings as embeddings  # sets the environment before anything else is imported

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
