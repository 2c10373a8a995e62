"""What layouts are given: a network as a tree of boxes. `fold.py` makes it of a Program.

A `Body` is a DAG of blocks in execution order, as a `Module` is one of nodes, but with what is no box
of its own already put where it belongs: a norm, an activation or a dropout rides on the block that
it follows (`Block.after`), what a `when` left out is gone, nested anonymous steps stand in line, and a
module that holds one box is that box. Equal concrete modules share one Body, so a picture is as large
as the number of different modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from archspec.ops.base import Op, Tensor
from archspec.program.model import Mode, Ref
from archspec.text.source import Span

Role = Literal["conv", "conv1", "pool", "activation", "norm", "linear", "merge", "concat", "module", "shape"]
"""conv has a kernel above 1, conv1 has 1 × 1; "activation" is a norm or activation that rides on nothing, "norm" a
norm alone; "merge" joins by arithmetic; "shape" moves numbers (split, upsample, flatten, parameter)"""

Row = Literal["params", "mads", "memory", "receptive_field"]
Mark = Literal["", "added", "removed", "changed", "error"]
"""what sets a block apart: in the difference of two networks, or where it could not be made; the hue of its box"""


@dataclass(frozen=True, slots=True)
class Share:
    """What one node of a module costs: exact integers."""

    params: int = 0
    mads: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What a picture says in numbers. The façade fills it in: drawing does not count."""

    params: int = 0
    mads: int = 0
    depth: int = 0
    """weighted layers on the longest path"""
    paths: str = ""
    """as one says it: "2^58", "1", "about 10^9"; "": not said"""
    receptive_field: str = ""
    """"2071", "7 × 31"; "": not said"""
    shares: Mapping[str, tuple[Share, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """by module id, one a node"""
    fields: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """receptive field behind nodes, by the names along the calls"""
    compared: bool = False
    """costs of blocks are differences"""


@dataclass(frozen=True, slots=True)
class Label:
    """What is written on a box: **3×3** conv, 64, /2."""

    word: str
    """"conv", "max pool", "Bottleneck", "+"; on a module it is its name"""
    kernel: str = ""
    """"3×3": bold, before the word"""
    out: str = ""
    """channels out, where the op decides them"""
    notes: tuple[str, ...] = ()
    """"/2", "32 groups", "dilation 2" """

    @property
    def text(self) -> str:
        """
        >>> Label("conv", "3×3", "64", ("/2",)).text
        '3×3 conv, 64, /2'
        """
        return ", ".join(part for part in (f"{self.kernel} {self.word}".strip(), self.out, *self.notes) if part)


@dataclass(frozen=True, slots=True)
class Block:
    """A box: an op with what rides on it, or a module.

    `args` refer to blocks of the same body by number, or to its inputs (`INPUT`).
    """

    name: str
    """names along the calls from this body on: "conv1", "classifier.0" """
    role: Role
    label: Label
    args: tuple[Ref, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    op: Op | None = None
    """None: a module"""
    steers: frozenset[int] = frozenset()
    """places in `args` that only steer: a gate's gate"""
    before: tuple[str, ...] = ()
    """what comes first in a module that is no more than this op: ("BN", "ReLU") of a pre-activated convolution"""
    after: tuple[str, ...] = ()
    """what rides on it: ("BN", "ReLU")"""
    body: Body | None = None
    """inside of a module"""
    template: str = ""
    """the module's name in the spec"""
    params: int = 0
    mads: int = 0
    only: Mode | None = None
    """drawn dashed: exists in that mode alone"""
    shares: str = ""
    """the name of the block whose weights it uses again"""
    code: str = ""
    """the op as one writes it: "conv(64, 7, stride=2)" """
    span: Span | None = None
    mark: Mark = ""
    """in a difference `params` and `mads` are what it adds to those of the network"""
    was: int = 0
    """channels out before they were changed; 0: they are the same"""

    @property
    def output(self) -> Tensor:
        return self.outputs[0]

    @property
    def input(self) -> Tensor:
        return self.inputs[0] if self.inputs else self.outputs[0]

    @property
    def resolution(self) -> tuple[int, ...]:
        """Of what comes out; () behind the last map."""
        return self.outputs[0].spatial

    @property
    def downsamples(self) -> bool:
        """Whether a map comes out smaller by a quarter or more (3 × 3 without padding takes only a border)."""
        before, after = [type.spatial for type in self.inputs if type.spatial], self.output.spatial
        return bool(before and after) and after[-1] * 4 <= min(spatial[-1] for spatial in before) * 3


@dataclass(frozen=True, slots=True)
class Exit:
    """An output of a body."""

    name: str
    ref: Ref
    only: Mode | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """A body that is one unit again and again."""

    units: tuple[int, ...]
    """numbers of the units among the blocks: calls equal but for their channels and shortcuts"""
    wire: Literal["chain", "residual", "dense", "parallel"]
    """each reads the last; … and is added to what it read; … and is joined to what it read; all read the input, and the
    last block joins them"""


@dataclass(frozen=True, slots=True)
class Body:
    """A DAG of blocks in execution order."""

    inputs: tuple[Tensor, ...]
    names: tuple[str, ...]
    """of the inputs"""
    blocks: tuple[Block, ...]
    outputs: tuple[Exit, ...]
    id: str = ""
    """of the concrete module"""
    shape: str = ""
    """a key of its structure: equal for bodies that differ in channels, sizes and names alone"""
    kin: str = ""
    """a coarser key: strides and the projections of shortcuts do not count either"""
    repeat: Repeat | None = None

    def type_of(self, ref: Ref) -> Tensor:
        return self.inputs[ref.output] if ref.node < 0 else self.blocks[ref.node].outputs[ref.output]


@dataclass(frozen=True, slots=True)
class Picture:
    """A network, or one of its modules (`focus.py`), ready to be laid out."""

    title: str
    body: Body
    figures: Figures
    prefix: str = ""
    """names along the calls that lead to `body`; "" for the whole network"""
    subtitle: str = ""
    """of a focus: where it stands; of a network it is made of the figures"""
    notes: str = ""
    """source, for the notes of a slide"""
    file: str = ""
