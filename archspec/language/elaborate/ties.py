"""Tied weights: `tie: {weight: wte.weight}` makes a weight of a step the very tensor of another."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.elaborator import Elaborator
from archspec.ops.base import Tensor
from archspec.program.model import Node
from archspec.text.diagnostics import SpecError, fault
from archspec.text.document import Scalar
from archspec.text.suggest import suggest


def check_ties(elaborator: Elaborator, builder: Builder, node: Node, ties: Mapping[str, Scalar]) -> None:
    """Both ends must exist and have one shape. Raises A0321."""
    own = elaborator.weights_of(builder, node)
    for name, other in ties.items():
        if name not in own:
            raise _unknown(f"`{node.name}` has no weight `{name}`", name, own, other)
        found = _find(elaborator, builder, node, other)
        if found != own[name]:
            raise fault(
                "A0321",
                "tied weights must have one shape",
                other.span,
                f"`{other.text}` is {found}, and `{name}` of `{node.name}` is {own[name]}",
            )


def _find(elaborator: Elaborator, builder: Builder, node: Node, other: Scalar) -> Tensor:
    before = builder.nodes[: builder.nodes.index(node)]
    for candidate in before:
        if other.text.startswith(f"{candidate.key}."):
            weights = elaborator.weights_of(builder, candidate)
            rest = other.text.removeprefix(f"{candidate.key}.")
            if rest in weights:
                return weights[rest]
            raise _unknown(f"`{candidate.key}` has no weight `{rest}`", rest, weights, other)
        if other.text == candidate.key and "" in (weights := elaborator.weights_of(builder, candidate)):
            return weights[""]
    keys = {candidate.key: None for candidate in before}
    raise _unknown(f"no step before this one has the weight `{other.text[:80]}`", other.text, keys, other)


def _unknown(message: str, name: str, known: Mapping[str, object], other: Scalar) -> SpecError:
    near = suggest(name, known)
    listing = ", ".join(f"`{one}`" for one in list(known)[:6])
    help = f"did you mean `{near}`?" if near else f"there is {listing}" if listing else ""
    return fault("A0321", message, other.span, help=help)
