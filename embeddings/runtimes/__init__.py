"""Runtimes of transformer models, with the same interface: ONNX Runtime and PyTorch."""
