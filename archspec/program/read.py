"""What every reader of a program asks of a node: the types it is given, and which inputs are which."""

from __future__ import annotations

from functools import lru_cache

from archspec.ops.base import Op, Tensor
from archspec.ops.init import KINDS, Init
from archspec.program.model import INPUT, Mode, Module, Node, Ref


def type_of(module: Module, ref: Ref) -> Tensor:
    """Type of a value inside `module`."""
    return module.inputs[ref.output].type if ref.node == INPUT else module.nodes[ref.node].types[ref.output]


def operand_types(module: Module, node: Node) -> tuple[Tensor, ...]:
    """Types of what a node is given, in order; inputs left out are left out here too."""
    nodes, inputs = module.nodes, module.inputs
    return tuple([inputs[output].type if at == INPUT else nodes[at].types[output] for at, output in node.args])


def value_types(module: Module) -> list[tuple[Tensor, ...]]:
    """Types of the outputs of each node. Those of the inputs come last, so that `INPUT`, which is -1, finds them."""
    return [*[node.types for node in module.nodes], tuple([port.type for port in module.inputs])]


def input_names(op: Op, given: int, absent: frozenset[int] = frozenset()) -> tuple[str, ...]:
    """Name of each of the `given` inputs of an op; the last name of a variadic op repeats."""
    return _input_names(type(op), given, absent)


@lru_cache(maxsize=4096)
def _input_names(kind: type[Op], given: int, absent: frozenset[int]) -> tuple[str, ...]:
    places = [place for place in range(given + len(absent)) if place not in absent]
    return tuple(kind.inputs[min(place, len(kind.inputs) - 1)] for place in places)


def data_args(node: Node) -> tuple[Ref, ...]:
    """The arguments of an op node that carry data; those that only steer (`Op.steers`) are left out."""
    op = node.body
    if not isinstance(op, Op) or not op.steers:
        return node.args
    names = _input_names(type(op), len(node.args), node.absent)
    return tuple(ref for ref, name in zip(node.args, names, strict=True) if name not in op.steers)


def stands_aside(node: Node, mode: Mode | None) -> bool:
    """Whether the node is only its first argument in `mode` (None: in a program with both modes in it)."""
    return node.skipped or (mode is not None and node.only is not None and node.only != mode)


def construction(op: Op, init: bool = True) -> str:
    """An op as one writes it: the first two arguments by position, others by name, defaults left out.

    Without `init`, how its weights start is left out too.

    >>> from archspec.ops.conv import Conv
    >>> construction(Conv(out=64, kernel=7, stride=2, bias=False))
    'conv(64, 7, stride=2, bias=false)'
    """
    parts: list[str] = []
    for place, (name, field) in enumerate(type(op).model_fields.items()):
        value = getattr(op, name)
        if isinstance(value, Init) and not init:
            continue
        if field.is_required() or value != field.get_default(call_default_factory=True):
            parts.append(literal(value) if place < 2 and len(parts) == place else f"{name}={literal(value)}")
    return f"{op.op}({', '.join(parts)})" if parts else op.op


def literal(value: object) -> str:
    """An argument as one writes it in a spec: `[3, 3]`, `true`, `half`, `null`, `normal(std=0.01)`."""
    if isinstance(value, Init):
        defaults = KINDS[value.kind]
        settings = [f"{name}={literal(given)}" for name, given in value.settings if given != defaults[name]]
        return f"{value.kind}({', '.join(settings)})" if settings else value.kind
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(literal, value)) + "]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return value if isinstance(value, str) else repr(value)
