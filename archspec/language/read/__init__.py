"""Reading: from the YAML tree to the models of `spec.py`, with every mistake of the file at once."""

from archspec.language.read.file import read_spec

__all__ = ["read_spec"]
