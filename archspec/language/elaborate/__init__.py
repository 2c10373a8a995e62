"""Elaboration: from a spec with values for its params to a Program."""

from archspec.language.elaborate.network import elaborate

__all__ = ["elaborate"]
