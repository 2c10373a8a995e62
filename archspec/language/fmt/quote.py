"""Text as a YAML scalar: plain where that reads the same, quoted elsewhere."""

from __future__ import annotations

import re

_INDICATORS = "-?:,[]{}#&*!|>'\"%@`"
_BLOCK = re.compile(r": |:$| #|[\n\t]")
_FLOW = re.compile(r"[,\[\]{}]")


def scalar(text: str, *, flow: bool = True, quoted: bool = False) -> str:
    """A scalar that holds exactly `text`, to stand inside `{…}` or `[…]` if `flow`.

    >>> scalar("conv(64, 3)"), scalar("conv(64, 3)", flow=False), scalar("-1")
    ('"conv(64, 3)"', 'conv(64, 3)', '-1')
    """
    if not quoted and _plain(text, flow):
        return text
    if '"' in text and "'" not in text and "\n" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _plain(text: str, flow: bool) -> bool:
    if not text or text != text.strip() or _BLOCK.search(text) or (flow and _FLOW.search(text)):
        return False
    if text[0] not in _INDICATORS:
        return True
    return text[0] in "-?:" and len(text) > 1 and text[1] not in " ,[]{}" and not text.startswith(("---", "..."))
