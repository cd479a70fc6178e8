"""Turn a question into ranked answers: retrieve, read, aggregate, calibrate, cite."""
