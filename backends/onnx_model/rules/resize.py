"""Rules of padding, of space and of channels, and interpolation."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import Site, Value, rule
from archspec.ops import resize as ops
from archspec.ops.geometry import Pairs, sides

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""what stands in padding, by ONNX's words"""


@rule(ops.Pad)
def pad(site: Site, op: ops.Pad, x: Value) -> str:
    return padded(site, x, sides("amounts", op.amounts, x.spatial), op.mode, op.value)


@rule(ops.PadChannels)
def pad_channels(site: Site, op: ops.PadChannels, x: Value) -> str:
    if op.out == x.type.channels:
        return x.name
    return site.node("Pad", x.name, site.integers([0, op.out - x.type.channels]), "", site.integers([1]))


@rule(ops.Upsample)
def upsample(site: Site, op: ops.Upsample, x: Value) -> str:
    """By sizes, but for factors that give no whole size: those say where the points lie."""
    (output,) = op.infer(x.type)
    flat = x.spatial == 1 and op.mode != "nearest"
    given = site.unsqueezed(x.name, [2]) if flat else x.name  # runtimes interpolate over two axes or more
    pairs = list(zip(x.type.spatial, output.spatial, strict=True))
    factors = op.scale if isinstance(op.scale, tuple) else (op.scale,) * len(pairs)
    ones = [1] * (3 if flat else 2)
    if op.size is None and any(size * (factor or 0) != new for (size, new), factor in zip(pairs, factors, strict=True)):
        numbers = [*map(float, ones), *(float(factor or 1) for factor in factors)]
        target = ["", site.numbers(numbers)]
    else:
        batch = site.node("Shape", given, start=0, end=1)
        sizes = site.integers([x.type.channels, *ones[2:], *output.spatial])
        target = ["", "", site.node("Concat", batch, sizes, axis=0)]
    mode = {"nearest": "nearest", "bicubic": "cubic"}.get(op.mode, "linear")
    how = "align_corners" if op.align_corners else "asymmetric" if mode == "nearest" else "half_pixel"
    words = {"nearest_mode": "floor"} if mode == "nearest" else {"cubic_coeff_a": -0.75} if mode == "cubic" else {}
    made = site.node("Resize", given, *target, mode=mode, coordinate_transformation_mode=how, **words)
    return site.node("Squeeze", made, site.integers([2])) if flat else made


def padded(site: Site, x: Value, pads: Pairs, mode: str = "constant", value: float = 0.0) -> str:
    """The input with its spatial axes widened; `mode` as the op names it.

    The axes are named although they are all spatial ones: ONNX Runtime (1.31) fuses a Pad without them into a
    pooling behind it, even where that pooling pads with another number or cannot pad so much.
    """
    amounts = site.integers([before for before, _ in pads] + [after for _, after in pads])
    number = site.scalar(value) if value else ""
    return site.node("Pad", x.name, amounts, number, site.integers(range(2, 2 + x.spatial)), mode=MODES[mode])
