"""Parsers of file formats. `registry` lists the formats, `sandbox` runs the parsers."""
