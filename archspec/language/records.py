"""What a stranger's YAML fills directly: the paper, the recipe, published figures. Validated by pydantic.

No `from __future__ import annotations` here: with it pydantic takes twice as long to build a model,
and every start of the command pays for that.
"""

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """Frozen, strict, and refuses what it does not know. Its validator is built when a file first needs it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Reference(Record):
    """The paper or code a network comes from."""

    arxiv: str | None = None
    doi: str | None = None
    url: str | None = None
    title: str | None = None
    authors: str | None = None
    where: str | None = None
    year: int | None = Field(default=None, ge=1900, le=2200)

    def __str__(self) -> str:
        place = f"arXiv:{self.arxiv}" if self.arxiv else f"doi:{self.doi}" if self.doi else self.url
        parts = (self.authors, self.title, place, self.where, self.year)
        return ", ".join(str(part) for part in parts if part is not None)


class Loss(Record):
    """What is minimised; `heads` weighs side outputs that state no weight of their own."""

    name: str = "cross_entropy"
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    heads: dict[str, float] = {}


class ErrorRate(Record):
    """Test error in percent as published, on one data set or several, and how it was measured."""

    top1: float | None = Field(default=None, ge=0, le=100)
    top5: float | None = Field(default=None, ge=0, le=100)
    cifar10: float | None = Field(default=None, ge=0, le=100)
    cifar100: float | None = Field(default=None, ge=0, le=100)
    svhn: float | None = Field(default=None, ge=0, le=100)
    mnist: float | None = Field(default=None, ge=0, le=100)
    protocol: str | None = None
    source: str | None = None


class WeightSource(Record):
    """Where trained weights of this network exist, and what they are called there."""

    model: str
    """the name of the network in that library: `legacy_seresnet50`"""
    keys: dict[str, str] = {}
    """their names → ours, whole dotted segments in order, `*` for any one segment (see `archspec/program/keys.py`)"""


class Named(Record):
    """Something called by name with numbers and words as its settings: an optimizer, a schedule."""

    model_config = ConfigDict(extra="allow")
    name: str
    __pydantic_extra__: dict[str, int | float | bool | str | list[int | float | str]]


class Train(Record):
    """The recipe that belongs to an architecture. Kept and shown; archspec trains nothing itself."""

    loss: Loss = Field(default_factory=lambda: Loss())
    optimizer: Named | None = None
    schedule: Named | None = None
    epochs: float | None = Field(default=None, gt=0)
    iterations: int | None = Field(default=None, gt=0)
    batch: int | None = Field(default=None, gt=0)
    augment: list[str] = []
    notes: str | None = None
