"""Definitions that generated source carries for what torch has no module for. Written as a person would."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Helper


def padded(kind: str, dimensions: int) -> Helper:
    """A torch layer (`Conv`, `MaxPool` or `AvgPool`) after padding that is not the same on both sides."""
    base = f"{kind}{dimensions}d"
    name = f"Padded{base}"
    return Helper(name, _PADDED[kind].format(name=name, base=base, method=base))


_PADDED = {
    "Conv": '''\
class {name}(nn.{base}):
    """Convolution after uneven padding; `pad` counts as in F.pad, the last axis first."""

    def __init__(self, *args, pad, **kwargs):
        super().__init__(*args, **kwargs)
        self.pad = pad

    def forward(self, x):
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        return super().forward(F.pad(x, self.pad, mode))
''',
    "MaxPool": '''\
class {name}(nn.{base}):
    """Max pooling after uneven padding; `pad` counts as in F.pad, the last axis first."""

    def __init__(self, *args, pad, **kwargs):
        super().__init__(*args, **kwargs)
        self.pad = pad

    def forward(self, x):
        return super().forward(F.pad(x, self.pad, value=float("-inf")))
''',
    "AvgPool": '''\
class {name}(nn.{base}):
    """Average pooling after uneven padding; `pad` counts as in F.pad, the last axis first."""

    def __init__(self, *args, pad, **kwargs):
        super().__init__(*args, **kwargs)
        self.pad = pad

    def forward(self, x):
        mean = super().forward(F.pad(x, self.pad))
        if self.count_include_pad:
            return mean
        return mean / super().forward(F.pad(torch.ones_like(x[:1, :1]), self.pad))
''',
}

DROP_PATH = Helper(
    "DropPath",
    '''\
class DropPath(nn.Module):
    """Stochastic depth: in training, drops whole samples with probability p."""

    def __init__(self, p, scale="training"):
        super().__init__()
        self.p = p
        self.scale = scale

    def forward(self, x):
        survival = 1 - self.p
        if not self.training:
            return x * survival if self.scale == "inference" else x
        keep = x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(survival)
        return x * (keep / survival if self.scale == "training" else keep)
''',
)

SCALED_TANH = Helper(
    "ScaledTanh",
    '''\
class ScaledTanh(nn.Module):
    """scale * tanh(input_scale * x)."""

    def __init__(self, scale=1.0, input_scale=1.0):
        super().__init__()
        self.scale = scale
        self.input_scale = input_scale

    def forward(self, x):
        return self.scale * torch.tanh(self.input_scale * x)
''',
)

MULTIPLY = Helper(
    "Multiply",
    '''\
class Multiply(nn.Module):
    """Multiplies by a fixed number."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x
''',
)

SCALE = Helper(
    "Scale",
    '''\
class Scale(nn.Module):
    """Multiplies each channel by a learned weight and adds a learned bias if there is one."""

    def __init__(self, channels, bias=False):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x):
        shape = (-1,) + (1,) * (x.dim() - 2)
        x = x * self.weight.view(shape)
        return x if self.bias is None else x + self.bias.view(shape)
''',
)

BIAS = Helper(
    "Bias",
    '''\
class Bias(nn.Module):
    """Adds a learned number to each channel."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return x + self.bias.view((-1,) + (1,) * (x.dim() - 2))
''',
)

TABLE_CONV = Helper(
    "TableConv2d",
    '''\
class TableConv2d(nn.Module):
    """Convolution whose output maps each read only the input maps that their row of the table names."""

    def __init__(self, table, kernel_size, bias=True):
        super().__init__()
        self.table = table
        self.maps = nn.ModuleList(
            nn.Conv2d(len(row), 1, kernel_size, bias=bias) for row in table
        )

    def forward(self, x):
        pairs = zip(self.maps, self.table, strict=True)
        return torch.cat([conv(x[:, row]) for conv, row in pairs], dim=1)
''',
)

RBF = Helper(
    "RBF",
    '''\
class RBF(nn.Module):
    """Squared distances to fixed bitmaps of +1 and -1, given line by line as the bits of integers."""

    def __init__(self, bitmaps, width):
        super().__init__()
        shifts = torch.arange(width - 1, -1, -1)
        bits = (torch.tensor(bitmaps)[..., None] >> shifts) & 1
        self.register_buffer("weight", 2.0 * bits.flatten(1) - 1.0)

    def forward(self, x):
        return (x[..., None, :] - self.weight).square().sum(-1)
''',
)
