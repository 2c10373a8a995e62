"""What an op is. Each op is one frozen class in a file of its family; `registry.py` lists them all.

An op says everything about itself that does not depend on a framework: its arguments (the fields,
whose order is the positional order), the shape rule, its weights and buffers, its multiply-adds,
how it is drawn, and examples that document it and drive the contract test over every backend.
"""

from collections.abc import Mapping
from enum import Enum
from math import prod
from types import MappingProxyType
from typing import ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from archspec.ops.footprint import NONE, NOTHING_KEPT, Extra, Kept
from archspec.ops.window import Ways, aligned

Dtype = Literal["float32", "int64", "bool"]


class Tensor(NamedTuple):
    """Type of a value: its shape without the batch axis, channels first, and its dtype.

    >>> Tensor((64, 56, 56)).channels
    64
    """

    shape: tuple[int, ...]
    dtype: Dtype = "float32"

    @property
    def channels(self) -> int:
        return self.shape[0]

    @property
    def spatial(self) -> tuple[int, ...]:
        return self.shape[1:]

    @property
    def elements(self) -> int:
        return prod(self.shape)

    def __str__(self) -> str:
        shape = "[" + ", ".join(map(str, self.shape)) + "]"
        return shape if self.dtype == "float32" else f"{shape} {self.dtype}"


NOTHING: Mapping[str, Tensor] = MappingProxyType({})


class OpError(ValueError):
    """An op cannot take these inputs. The elaborator adds place and expansion trace.

    `operand` is the number of the input that is wrong (None: the op as a whole); `clash` marks
    that the inputs do not fit each other, so that each is shown with its shape.
    """

    def __init__(self, message: str, *, help: str = "", operand: int | None = None, clash: bool = False):
        super().__init__(message)
        self.message, self.help, self.operand, self.clash = message, help, operand, clash


class Category(Enum):
    """How an op is drawn (the roles of the picture grammar) and grouped in tables."""

    CONV = "conv"
    LINEAR = "linear"
    NORM = "norm"
    ACTIVATION = "activation"
    POOL = "pool"
    MERGE = "merge"
    CONCAT = "concat"
    SHAPE = "shape"
    REGULARISE = "regularise"
    TENSOR = "tensor"


class Example(NamedTuple):
    """A worked example: the expression as one writes it, input shapes, and what must come out."""

    text: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    params: int = 0
    buffers: int = 0
    mads: int = 0


class Op(BaseModel):
    """Abstract. A concrete op is final and lists its arguments as fields, in positional order.

    Lists arrive as tuples; words arrive as `str`; types are strict (True is no int).

    The files of ops do without `from __future__ import annotations`: pydantic would compile the text
    of every annotation again for every class, which doubles the time that importing the ops takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    op: ClassVar[str]
    """the name one writes: `conv`"""
    category: ClassVar[Category]
    inputs: ClassVar[tuple[str, ...]] = ("input",)
    """names of the inputs, in order; several may be given by keyword (`attend(8)(q, k, v, mask=m)`)"""
    optional: ClassVar[frozenset[str]] = frozenset()
    """inputs that may be left out (always the last ones)"""
    variadic: ClassVar[bool] = False
    """the last input may be given any number of times (at least once): concat, add"""
    steers: ClassVar[frozenset[str]] = frozenset()
    """inputs that only steer (gate's gate, lerp's t): `paths` and `depth` do not follow them"""
    weighted: ClassVar[bool] = False
    """counts as a layer in `depth` (conv, linear)"""
    view: ClassVar[bool] = False
    """its outputs are the values of its input where they lie, in another shape: nothing is copied"""
    overwrites: ClassVar[bool] = False
    """can write its output over its input, if nobody else wants that"""
    overwritable: ClassVar[bool] = True
    """its output may be so overwritten: its own derivative does not need it, and it is no view"""
    examples: ClassVar[tuple[Example, ...]]

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Types of the outputs. Raises `OpError`. Called once with the right number of inputs."""
        raise NotImplementedError

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        """Trainable tensors by name under the op's key, as torch names them; "" is the key itself."""
        return NOTHING

    def buffers(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        """Saved tensors that are not trained (running statistics, fixed tables), likewise."""
        return NOTHING

    def mads(self, *inputs: Tensor) -> int:
        """Multiply-adds at batch 1 (convolutions, linear layers, matrix products only)."""
        return 0

    def idle(self) -> bool:
        """Whether it does nothing in inference, and gives back its input (dropout)."""
        return False

    def keeps(self, *inputs: Tensor) -> Kept:
        """What its derivative is computed from in training."""
        return NOTHING_KEPT

    def scratch(self, *inputs: Tensor) -> Extra:
        """What it needs while it computes in inference, besides inputs and outputs, for batch 1."""
        return NONE

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        """What each output reads of each input, axis by axis: `reach(x)[output][input][axis]` (see `Ways`).

        Unless an op says otherwise it goes value by value, and what has another size than in the output
        is read as a whole. Statistics by which values are divided only steer: a norm or softmax goes
        value by value.
        """
        return tuple(tuple(aligned(x.shape, output.shape) for x in inputs) for output in self.infer(*inputs))
