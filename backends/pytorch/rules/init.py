"""How a weight is initialised, as a statement of torch.nn.init."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Layer, arguments
from archspec.ops.init import Init


def init_statement(weight: str, init: Init) -> str:
    """The statement that initialises the tensor which the expression `weight` names.

    >>> init_statement("self.conv.weight", Init.make("kaiming", ["fan_out"]))
    'nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")'
    """
    call = init_call(init)
    inside = call.render()[len(call.cls) + 1 : -1]
    return f"{call.cls}({weight}, {inside})" if inside else f"{call.cls}({weight})"


def init_call(init: Init) -> Layer:
    """The function and its arguments, without the tensor."""
    get = dict(init.settings).__getitem__
    match init.kind:
        case "zeros" | "ones":
            return Layer(f"nn.init.{init.kind}_")
        case "constant":
            return Layer("nn.init.constant_", (Arg("val", get("value"), positional=True),))
        case "normal":
            return Layer("nn.init.normal_", arguments((Arg("mean", get("mean")), 0.0), (Arg("std", get("std")), 1.0)))
        case "uniform":
            return Layer("nn.init.uniform_", arguments((Arg("a", get("low")), 0.0), (Arg("b", get("high")), 1.0)))
        case "truncated_normal":
            return Layer(
                "nn.init.trunc_normal_",
                arguments(
                    (Arg("mean", get("mean")), 0.0),
                    (Arg("std", get("std")), 1.0),
                    (Arg("a", get("low")), -2.0),
                    (Arg("b", get("high")), 2.0),
                ),
            )
        case "kaiming":
            return Layer(
                f"nn.init.kaiming_{get('distribution')}_",
                arguments((Arg("mode", get("mode")), "fan_in"), Arg("nonlinearity", get("nonlinearity"))),
            )
        case "xavier":
            return Layer(f"nn.init.xavier_{get('distribution')}_", arguments((Arg("gain", get("gain")), 1.0)))
        case "orthogonal":
            return Layer("nn.init.orthogonal_", arguments((Arg("gain", get("gain")), 1.0)))
    raise AssertionError(init.kind)
