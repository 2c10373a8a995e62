"""`checkpoint`: whether a body is computed again in backward. Asked within the body, so it sees params and shapes."""

from __future__ import annotations

from archspec.language.elaborate.elaborator import Elaborator
from archspec.language.elaborate.scope import Scope
from archspec.language.spec import Body
from archspec.text.diagnostics import fault
from archspec.text.expression import Expression


def is_checkpointed(elaborator: Elaborator, checkpoint: Expression | None, scope: Scope) -> bool:
    """What the condition comes to; false where there is none."""
    return checkpoint is not None and elaborator.condition(checkpoint, scope)


def refuse_inlined(elaborator: Elaborator, body: Body, scope: Scope) -> None:
    """Raises A0323 for a body that is to be inlined: no module is left that could be checkpointed."""
    if body.checkpoint is not None and is_checkpointed(elaborator, body.checkpoint, scope):
        help = "leave out `inline`, or `checkpoint`"
        raise fault("A0323", "what is inlined cannot be checkpointed", body.checkpoint.span(), help=help)
