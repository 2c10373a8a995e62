"""Ops of several inputs: sums, products, concatenation, gates."""

from itertools import zip_longest
from typing import ClassVar

from archspec.ops.arguments import Integer
from archspec.ops.base import Category, Example, Op, OpError, Tensor
from archspec.ops.footprint import INPUTS, NONE, Extra, Kept
from archspec.ops.geometry import axis_of, need
from archspec.ops.window import Way, Ways, aligned, straight

IMAGE = Tensor((64, 56, 56))


def broadcast(shapes: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The common shape: ranks align right, axes of size 1 stretch. None if they do not fit.

    >>> broadcast([(64, 56, 56), (64, 1, 1)])
    (64, 56, 56)
    """
    result = []
    for sizes in zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1):
        wide = [size for size in sizes if size != 1]
        if any(size != wide[0] for size in wide):
            return None
        result.append(wide[0] if wide else 1)
    return tuple(reversed(result))


def steered(op: Op, steer: Tensor, x: Tensor) -> None:
    """Raise `OpError` unless `steer` is as large as x or 1 along each axis; axes it lacks at the end are 1."""
    fits = len(steer.shape) <= len(x.shape) and all(
        small in (1, large) for small, large in zip(steer.shape, x.shape, strict=False)
    )
    if not fits:
        raise OpError(
            f"cannot {op.op} {x} by {steer}",
            help=f"{op.inputs[-1]} has the shape of {op.inputs[0]}, or 1 along some axes, or channels alone",
            clash=True,
        )


class Elementwise(Op):
    """Abstract. Value by value; ranks align right, axes of size 1 stretch."""

    category = Category.MERGE
    inputs: ClassVar[tuple[str, ...]] = ("inputs",)
    variadic = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        verb = {"sub": "subtract", "mul": "multiply", "maximum": "compare"}.get(self.op, self.op)
        for number, x in enumerate(inputs):
            need(self, x, operand=number)
        shape = broadcast([x.shape for x in inputs])
        if shape is None:
            raise OpError(f"cannot {verb} tensors of different shapes", clash=True)
        return (Tensor(shape),)

    def scratch(self, *inputs: Tensor) -> Extra:
        """Two inputs are joined at a time: the first two, the result with the third."""
        return Extra(each=self.infer(*inputs)) if len(inputs) > 2 else NONE


class Add(Elementwise):
    """Sum of its inputs: `x + y`, or `add(x, y, z)`.

    Shape: the inputs' common shape; axes of size 1 stretch, ranks align right.
    """

    op = "add"
    examples = (
        Example("add", (IMAGE, IMAGE), (IMAGE,)),
        Example("add", (IMAGE, IMAGE, Tensor((64, 1, 1))), (IMAGE,)),
        Example("add", (Tensor((10, 32)), Tensor((32,))), (Tensor((10, 32)),)),
        Example("add", (IMAGE,), (IMAGE,)),
    )


class Sub(Elementwise):
    """Difference of two inputs: `x - y`.

    Shape: the inputs' common shape; axes of size 1 stretch, ranks align right.
    """

    op = "sub"
    inputs = ("left", "right")
    variadic = False
    examples = (Example("sub", (IMAGE, IMAGE), (IMAGE,)),)


class Mul(Elementwise):
    """Product of its inputs, value by value: `x * y`. Where one input only steers the other, `gate` says so.

    Shape: the inputs' common shape; axes of size 1 stretch, ranks align right.
    """

    op = "mul"
    examples = (
        Example("mul", (IMAGE, Tensor((64, 1, 1))), (IMAGE,)),
        Example("mul", (IMAGE, IMAGE, IMAGE), (IMAGE,)),
    )

    def keeps(self, *inputs: Tensor) -> Kept:
        """The factors; of more than two, each product on the way is one."""
        return Kept(inputs=True, aside=Extra(each=self.infer(*inputs) * (len(inputs) - 2)))


class Maximum(Elementwise):
    """Largest of its inputs, value by value (maxout: Goodfellow et al. 2013, arXiv 1302.4389).

    Shape: the inputs' common shape; axes of size 1 stretch, ranks align right.
    """

    op = "maximum"
    examples = (Example("maximum", (IMAGE, IMAGE), (IMAGE,)), Example("maximum", (IMAGE, IMAGE, IMAGE), (IMAGE,)))

    def keeps(self, *inputs: Tensor) -> Kept:
        """What is compared; of more than two, each maximum on the way is."""
        return Kept(inputs=True, aside=Extra(each=self.infer(*inputs) * (len(inputs) - 2)))


class Concat(Op):
    """Puts its inputs one behind the other along an axis.

    axis  counted without the batch; default: channels

    Shape: sizes along the axis add up; all others must be equal.
    """

    op = "concat"
    category = Category.CONCAT
    inputs = ("inputs",)
    variadic = True
    examples = (
        Example("concat", (Tensor((64, 56, 56)), Tensor((32, 56, 56))), (Tensor((96, 56, 56)),)),
        Example("concat(axis=-1)", (Tensor((5, 8)), Tensor((5, 1)), Tensor((5, 3))), (Tensor((5, 12)),)),
        Example("concat", (Tensor((4,)),), (Tensor((4,)),)),
    )

    axis: Integer = 0

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        first = inputs[0]
        axis = axis_of(self, self.axis, first)
        for x in inputs[1:]:
            if x.dtype != first.dtype:
                raise OpError("cannot concatenate tensors of different dtypes", clash=True)
            if len(x.shape) != len(first.shape):
                raise OpError("cannot concatenate tensors of different rank", clash=True)
            if any(a != b for at, (a, b) in enumerate(zip(first.shape, x.shape, strict=True)) if at != axis):
                raise OpError(f"cannot concatenate along axis {axis}: the other axes differ", clash=True)
        total = sum(x.shape[axis] for x in inputs)
        return (Tensor((*first.shape[:axis], total, *first.shape[axis + 1 :]), first.dtype),)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        """Along its axis each position reads one of the inputs: no window says which."""
        rank = len(inputs[0].shape)
        ways: list[Way] = list(straight(rank))
        if len(inputs) > 1:
            ways[self.axis % rank] = None
        return ((tuple(ways),) * len(inputs),)


class Gate(Op):
    """Input x scaled by g, which only steers: `gate(x, g)` is x * g (squeeze and excitation: Hu et al.
    2018, arXiv 1709.01507).

    Paths and depth follow x alone. Shape: that of x; g is as large or 1 along each axis, and axes
    that it lacks at the end are 1, so that [C] scales the channels of [C, H, W].
    """

    op = "gate"
    category = Category.MERGE
    inputs = ("x", "g")
    steers = frozenset({"g"})
    examples = (
        Example("gate", (IMAGE, Tensor((64, 1, 1))), (IMAGE,)),
        Example("gate", (IMAGE, Tensor((64,))), (IMAGE,)),
        Example("gate", (IMAGE, Tensor((1, 56, 56))), (IMAGE,)),
    )

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        x, g = inputs
        need(self, x)
        need(self, g, operand=1)
        steered(self, g, x)
        return (x,)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        x, g = inputs
        return ((straight(len(x.shape)), aligned(g.shape, x.shape, left=True)),)

    def keeps(self, *inputs: Tensor) -> Kept:
        return INPUTS


class Lerp(Op):
    """Mixes x and h by t, which only steers: t * h + (1 - t) * x. The transform gate of highway networks
    (Srivastava et al. 2015, arXiv 1505.00387): y = H(x) T(x) + x (1 - T(x)) is lerp(x, H, T).

    Paths and depth follow x and h. Shape: that of x and h; t as the g of `gate`.
    """

    op = "lerp"
    category = Category.MERGE
    inputs = ("x", "h", "t")
    steers = frozenset({"t"})
    examples = (
        Example("lerp", (IMAGE, IMAGE, IMAGE), (IMAGE,)),
        Example("lerp", (IMAGE, IMAGE, Tensor((64,))), (IMAGE,)),
    )

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        x, h, t = inputs
        for number, value in enumerate(inputs):
            need(self, value, operand=number)
        if x.shape != h.shape:
            raise OpError("cannot mix tensors of different shapes", clash=True)
        steered(self, t, x)
        return (x,)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        x, _, t = inputs
        along = straight(len(x.shape))
        return ((along, along, aligned(t.shape, x.shape, left=True)),)

    def keeps(self, *inputs: Tensor) -> Kept:
        return INPUTS
