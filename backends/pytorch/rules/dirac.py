"""The rule of the convolution with a skip inside its weight."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Helper, Layer, Lowering, arguments, brief, rule
from archspec.backends.pytorch.rules.conv import inits
from archspec.ops.base import Tensor
from archspec.ops.dirac import DiracConv
from archspec.ops.geometry import even, padding_pairs, per_axis


@rule(DiracConv)
def dirac_conv(op: DiracConv, x: Tensor) -> Lowering:
    axes = len(x.spatial)
    kernel, stride = per_axis("kernel", op.kernel, axes), per_axis("stride", op.stride, axes)
    pads = even(padding_pairs(op.padding, x.spatial, kernel, stride, (1,) * axes)) or (0,)
    name = f"DiracConv{axes}d"
    return Lowering(
        Layer(
            name,
            arguments(
                Arg("in_channels", x.channels, "in_channels", positional=True),
                Arg("out_channels", op.out, "out", positional=True),
                Arg("kernel_size", brief(kernel), "kernel", positional=True),
                (Arg("stride", brief(stride), "stride"), 1),
                (Arg("padding", brief(pads), "padding"), 0),
                (Arg("bias", op.bias, "bias"), True),
            ),
        ),
        helpers=(Helper(name, _SOURCE.format(name=name, base=f"Conv{axes}d")),),
        inits=inits(op),
        overwritable=True,
    )


_SOURCE = '''\
class {name}(nn.{base}):
    """Convolution with the skip in its weight: alpha * identity + beta * unit filters."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.alpha = nn.Parameter(torch.ones(self.out_channels))
        self.beta = nn.Parameter(torch.full((self.out_channels,), 0.1))

    def folded_weight(self):
        """The weight of the ordinary convolution that computes the same."""
        filters = F.normalize(self.weight.flatten(1))
        weight = (self.beta.unsqueeze(1) * filters).view_as(self.weight)
        both = torch.arange(min(self.in_channels, self.out_channels))
        centre = tuple(size // 2 for size in self.kernel_size)
        weight[(both, both, *centre)] += self.alpha[: len(both)]
        return weight

    def forward(self, x):
        return self._conv_forward(x, self.folded_weight(), self.bias)
'''
