"""The forward of a `repeat` kept as a loop."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.backends.pytorch.align import Wiring
from archspec.backends.pytorch.hints import growing
from archspec.backends.pytorch.names import RESERVED, free, snake

TENSOR = "torch.Tensor"


def loop_forward(wiring: Wiring, base: str, ports: Sequence[str], room: str = "") -> list[str]:
    """The forward of a loop over copies; `room`: the channels that it appends, where it has memory for them.

    >>> from archspec.backends.pytorch.align import Pattern
    >>> dense = Wiring("dense", Pattern("", 0, ""), 1, 1, (0,), None, "torch.cat([{inputs}], dim=1)")
    >>> print("\\n".join(loop_forward(dense, "nn.ModuleList", ["input"])[1:]))
    for layer in self:
        x = torch.cat([x, layer(x)], dim=1)
    return x
    """
    copies = "self" if base == "nn.ModuleList" else "self.children()"
    sides = [free(snake(port), {"x", *RESERVED}) for port in ports[wiring.state :]]
    state = ["x"] if wiring.state == 1 else [f"x{at}" for at in range(wiring.state)]
    if wiring.wire == "last" and wiring.state == 2:
        state = ["previous", "x"]
    arguments = ", ".join([*state, *sides])
    head = ", ".join(f"{name}: {TENSOR}" for name in (*state, *sides))
    returns = [state[at] for at in wiring.returns]
    kind = TENSOR if len(returns) == 1 else f"tuple[{', '.join([TENSOR] * len(returns))}]"
    lines = [f"self, {head}) -> {kind}:"]
    match wiring.wire:
        case "chain":
            lines += [f"for layer in {copies}:", f"    {', '.join(state)} = layer({arguments})"]
        case "last":
            update = f"{', '.join(state)} = {', '.join([*state[1:], f'layer({arguments})'])}"
            lines += [f"for layer in {copies}:", f"    {update}"]
        case "parallel" if wiring.join == "concat":
            made = wiring.operation.format(inputs=f"layer({arguments}) for layer in {copies}")
            lines += [f"return {made}"]
            return lines
        case "parallel":
            lines += [f"return sum(layer({arguments}) for layer in {copies})"]
            return lines
        case _ if room:
            return [*lines, *growing(room, copies, sides)]
        case _:
            call = f"layer({arguments})"
            merged = wiring.operation.format("x", call, inputs=f"x, {call}")
            lines += [f"for layer in {copies}:", f"    x = {merged}"]
    return [*lines, f"return {', '.join(returns)}"]
