from .page import mount

__all__ = ["mount"]
