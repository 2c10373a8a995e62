"""What a class takes and gives: the arguments of its constructor and of its forward, and the calls that make it."""

from __future__ import annotations

from collections.abc import Iterable

from archspec.backends.pytorch.fit import Parameter
from archspec.backends.pytorch.loops import TENSOR
from archspec.backends.pytorch.names import RESERVED, free, snake
from archspec.backends.pytorch.rules import literal
from archspec.backends.pytorch.trees import Item, Missing, New, leaf
from archspec.program.model import Module


def ordered(parameters: Iterable[Parameter]) -> list[Parameter]:
    """Those with a default last."""
    return sorted(parameters, key=lambda one: one.default is not None)


def constructor(parameters: Iterable[Parameter]) -> str:
    """What stands between the parentheses of `def __init__`."""
    texts = ["self"]
    for parameter in ordered(parameters):
        default = "" if parameter.default is None else f" = {literal(parameter.default)}"
        texts.append(f"{parameter.name}: {parameter.annotation}{default}")
    return ", ".join(texts)


def call(name: str, parameters: Iterable[Parameter], member: int, module: Module) -> New:
    """What makes the class called `name` for one of its modules, number `member`."""
    items = []
    for parameter in ordered(parameters):
        value = parameter.values[member]
        if isinstance(value, Missing):
            value = parameter.present[0]
        default = None if parameter.default is None else leaf(parameter.default)
        items.append(Item(parameter.name, leaf(value, parameter.name), default is None, default))
    reads = leaf(module.inputs[0].type.channels if module.inputs and module.inputs[0].type.shape else 0)
    output = module.outputs[0].ref
    gives = module.inputs[output.output].type if output.node < 0 else module.nodes[output.node].types[output.output]
    return New(name, tuple(items), reads, leaf(gives.channels if gives.shape else 0))


def inputs(module: Module) -> list[str]:
    """The names of the tensors that forward takes."""
    if len(module.inputs) == 1:
        return ["x"]
    names: list[str] = []
    for port in module.inputs:
        wanted = "x" if port.name == "input" else snake(port.name)
        names.append(free(wanted, {*names, *RESERVED, *map(snake, module.borrows)}))
    return names


def returns(module: Module) -> str:
    """The type of what forward gives."""
    plain = [output for output in module.outputs if output.only is None]
    if module.kind == "graph":
        several = f"dict[str, {TENSOR}]"
        if len(plain) > 1:
            return several
        return TENSOR if len(plain) == len(module.outputs) else f"{TENSOR} | {several}"
    return TENSOR if len(plain) == 1 else f"tuple[{', '.join([TENSOR] * len(plain))}]"
