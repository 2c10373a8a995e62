"""Rules of padding, of space and of channels, and interpolation."""

from __future__ import annotations

from struct import pack, unpack

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
    """The points that torch looks at: by the factor that was given, or by the sizes."""
    (output,) = op.infer(x.type)
    factors = op.scale if isinstance(op.scale, tuple) else (op.scale,) * x.spatial
    sizes = list(zip(x.type.spatial, output.spatial, factors, strict=True))
    if op.mode == "nearest":
        return _nearest(site, x, sizes)
    flat = x.spatial == 1  # runtimes interpolate over two axes or more
    ones = [1.0] * (3 if flat else 2)
    scales = site.numbers([*ones, *(_scale(*axis) for axis in sizes)])
    how = "align_corners" if op.align_corners else "half_pixel"
    words = {"mode": "cubic", "cubic_coeff_a": -0.75} if op.mode == "bicubic" else {"mode": "linear"}
    given = site.unsqueezed(x.name, [2] if flat else [])
    made = site.node("Resize", given, "", scales, coordinate_transformation_mode=how, **words)
    return site.node("Squeeze", made, site.integers([2])) if flat else made


def _nearest(site: Site, x: Value, sizes: list[tuple[int, int, float | None]]) -> str:
    """By whole factors ONNX's own. Else runtimes round otherwise than torch, whose places are known here."""
    if all(new % size == 0 and factor in (None, new // size) for size, new, factor in sizes):
        scales = site.numbers([1.0, 1.0, *(new / size for size, new, _ in sizes)])
        words = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return site.node("Resize", x.name, "", scales, mode="nearest", **words)
    result = x.name
    for axis, (size, new, factor) in enumerate(sizes, 2):
        step = _rounded(1 / factor if factor else size / new)
        places = [min(int(_rounded(step * at)), size - 1) for at in range(new)]
        result = (
            result if places == list(range(size)) else site.node("Gather", result, site.integers(places), axis=axis)
        )
    return result


def _scale(size: int, new: int, factor: float | None) -> float:
    """The factor in float32 that is nearest to what was given and gives the size."""
    scale = _rounded(factor or new / size)
    return scale if int(_rounded(scale * size)) == new and int(scale * size) == new else scale * (1 + 2**-22)


def _rounded(number: float) -> float:
    """To float32."""
    return float(unpack("f", pack("f", number))[0])


def padded(site: Site, x: Value, pads: Pairs, mode: str = "constant", value: float = 0.0) -> str:
    """The input with its spatial axes widened; `mode` as the op names it.

    The axes are named although they are all spatial ones: ONNX Runtime (1.31) fuses a Pad without them into a
    pooling behind it, even where that pooling pads with another number or cannot pad so much.
    """
    amounts = site.integers([before for before, _ in pads] + [after for _, after in pads])
    number = site.scalar(value) if value else ""
    return site.node("Pad", x.name, amounts, number, site.integers(range(2, 2 + x.spatial)), mode=MODES[mode])
