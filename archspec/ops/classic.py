"""Layers of LeNet-5 (LeCun et al. 1998) that no later network has: a convolution with a table, distances to bitmaps."""

from collections.abc import Mapping
from math import prod
from typing import Annotated

from archspec.ops.arguments import Flag, Form, Sizes, all_of, is_natural
from archspec.ops.base import Category, Example, Op, OpError, Tensor
from archspec.ops.footprint import Extra, Kept
from archspec.ops.geometry import image, need, need_rank, per_axis, windows
from archspec.ops.window import Ways, over_space, sliding, straight

Table = Annotated[
    tuple[tuple[int, ...], ...],
    Form(
        "a list of lists of channels, one for each output map",
        all_of(all_of(is_natural)),
        {
            "type": "array",
            "items": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1},
            "minItems": 1,
        },
    ),
]
Picture = Annotated[
    tuple[str, ...],
    Form(
        "a list of lines of text, each made of `#`, `.` and blanks",
        all_of(lambda line: isinstance(line, str) and bool(line.strip(" ")) and set(line) <= set("#. ")),
        {"type": "array", "items": {"type": "string", "pattern": r"^[#. ]*[#.][#. ]*$"}, "minItems": 1},
    ),
]


class TableConv(Op):
    """Convolution over two axes whose output maps each read only some of the input's: C3 of LeNet-5
    (section II-B, Table I), "to break symmetry", and to save connections. There is no padding.

    table   for each output map the channels that it reads, counted from 0
    kernel  size of the window, one number or one an axis
    bias    add one learned number per output map

    Shape: [C, height, width] to [rows of the table, height - kernel + 1, width - kernel + 1].
    """

    op = "table_conv"
    category = Category.CONV
    weighted = True
    examples = (
        Example(
            "table_conv([[0, 1, 2], [1, 2, 3], [0, 3]], 5)",
            (Tensor((4, 14, 14)),),
            (Tensor((3, 10, 10)),),
            params=203,
            mads=20000,
        ),
        Example(
            "table_conv([[0], [1, 0]], [3, 1], bias=false)",
            (Tensor((2, 5, 5)),),
            (Tensor((2, 3, 5)),),
            params=9,
            mads=135,
        ),
    )

    table: Table
    kernel: Sizes
    bias: Flag = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need_rank(self, x, 3, 3, "[channels, height, width]")
        image(self, x)
        for number, row in enumerate(self.table):
            if max(row) >= x.channels:
                raise OpError(
                    f"row {number} of the table reads channel {max(row)} of an input that has {x.channels}",
                    help="channels count from 0",
                    operand=0,
                )
            if len(set(row)) < len(row):
                raise OpError(f"row {number} of the table reads a channel twice")
        kernel = per_axis("kernel", self.kernel, 2)
        return (Tensor((len(self.table), *windows(x.spatial, kernel, (1, 1), (1, 1), ((0, 0), (0, 0))))),)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        kernel = per_axis("kernel", self.kernel, 2)
        weights = {}
        for number, row in enumerate(self.table):
            weights[f"maps.{number}.weight"] = Tensor((1, len(row), *kernel))
            if self.bias:
                weights[f"maps.{number}.bias"] = Tensor((1,))
        return weights

    def mads(self, *inputs: Tensor) -> int:
        (output,) = self.infer(*inputs)
        taps = sum(map(len, self.table)) * prod(per_axis("kernel", self.kernel, 2))
        return taps * prod(output.spatial)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return over_space(sliding(per_axis("kernel", self.kernel, 2), (1, 1), (1, 1), (0, 0)))

    def keeps(self, *inputs: Tensor) -> Kept:
        """For each output map a copy of what it reads."""
        (x,) = inputs
        return Kept(aside=Extra(each=tuple(Tensor((len(row), *x.spatial)) for row in self.table)))

    def scratch(self, *inputs: Tensor) -> Extra:
        """The output maps before they are put together."""
        return Extra(each=self.infer(*inputs))


class Rbf(Op):
    """Squared Euclidean distances to fixed bitmaps of +1 and -1, the output of LeNet-5 (section II-B and
    Fig. 3): y_i = sum over j of (x_j - w_ij)^2. The smallest wins. Nothing is learned, so it is no layer
    of `depth`.

    bitmaps  a picture of them, line by line, `#` for +1 and `.` for -1; blanks part the bitmaps, which
             stand side by side and are as wide as each other

    Shape: [..., width * lines of a bitmap] to [..., bitmaps]. A bitmap is read line by line.
    """

    op = "rbf"
    category = Category.LINEAR
    examples = (
        Example('rbf(["#.# .#.", "##. ..#"])', (Tensor((6,)),), (Tensor((2,)),), buffers=12),
        Example('rbf(["#..", "#.#"])', (Tensor((4, 6)),), (Tensor((4, 1)),), buffers=6),
    )

    bitmaps: Picture

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """For each bitmap its lines. Raises `OpError` unless all are of one size."""
        lines = [line.split() for line in self.bitmaps]
        for number, line in enumerate(lines):
            if len(line) != len(lines[0]):
                raise OpError(f"line {number} holds {len(line)} bitmaps, line 0 holds {len(lines[0])}")
            if any(len(part) != len(lines[0][0]) for part in line):
                raise OpError(f"the bitmaps are {len(lines[0][0])} wide, but not all are so in line {number}")
        return tuple(zip(*lines, strict=True))

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        need_rank(self, x, 1)
        bitmaps = self.rows()
        size = len(bitmaps[0]) * len(bitmaps[0][0])
        if x.shape[-1] != size:
            raise OpError(
                f"the bitmaps have {len(bitmaps[0][0])} x {len(bitmaps[0])} = {size} values, "
                f"but the input has {x.shape[-1]}",
                operand=0,
            )
        return (Tensor((*x.shape[:-1], len(bitmaps))),)

    def buffers(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return {"weight": Tensor((len(self.rows()), inputs[0].shape[-1]))}

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return (((*straight(len(inputs[0].shape) - 1), None),),)

    def scratch(self, *inputs: Tensor) -> Extra:
        """The differences and their squares."""
        (x,) = inputs
        return Extra(each=(Tensor((*x.shape[:-1], len(self.rows()), x.shape[-1])),) * 2)

    def keeps(self, *inputs: Tensor) -> Kept:
        return Kept(aside=Extra(each=self.scratch(*inputs).each[:1]))
