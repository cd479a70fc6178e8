"""A question in, answers out.

The public names stand in `__init__.pyi`; each is imported when it is first used, so that a command
that needs one of them does not wait for all.
"""

import lazy_loader

import embeddings as embeddings  # sets the environment before anything else is imported

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
