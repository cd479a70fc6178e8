"""From a question to ranked answers: retrieve, read, aggregate, calibrate, cite."""
