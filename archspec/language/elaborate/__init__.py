"""Elaboration: from a spec with values for its params to a Program."""

from archspec.language.elaborate.network import Partly, elaborate, elaborate_partly

__all__ = ["Partly", "elaborate", "elaborate_partly"]
