"""`archspec fmt`: a spec laid out, its steps in the form one asks for, its comments where they were.

Everything is an edit of the text (see `edits.py`); YAML is never written anew.
"""

from __future__ import annotations

from archspec.language.fmt.format import Style, format_text

__all__ = ["Style", "format_text"]
