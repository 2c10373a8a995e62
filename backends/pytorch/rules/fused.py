"""Rules of the ops that passes make, and the helper that hands a convolution to oneDNN with all that is behind it."""

from __future__ import annotations

from dataclasses import replace

from archspec.backends.pytorch.rules.base import Arg, Helper, Layer, Lowering, UnsupportedError, arguments, brief, rule
from archspec.backends.pytorch.rules.conv import first
from archspec.backends.pytorch.rules.norm import batch_norm, local_response_norm
from archspec.backends.pytorch.rules.tape import TAPE, TENSORS_IN
from archspec.ops.base import Tensor
from archspec.ops.fused import BandedResponseNorm, ClampChannels, FusedConv, ScaledBatchNorm
from archspec.ops.geometry import even, per_axis

FUNCTIONS = {"none": None, "hard_sigmoid": "hardsigmoid", "hard_swish": "hardswish"}
"""activations that torch.nn.functional has under another name"""

FUSED_CONV = Helper(
    "FusedConv2d",
    '''\
class FusedConv2d(nn.Conv2d):
    """Convolution that adds `addend` if there is one and then applies an activation.

    On a tape it does so channels last, in the way that is fastest for the shape of `x`:
    by oneDNN, which does it all in one call, by a matrix product, or as torch does it.
    """

    POINTWISE = 2**24  # multiply-adds up to which 1x1 is faster as a matrix product
    SMALL = 2**22.8  # and up to which torch's own way is, for an image of few numbers
    FEW = 20480  # up to which torch does take a way of its own

    def __init__(self, *args, activation=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.activation = activation

    def forward(self, x, addend=None):
        if Tape.running() and x.dim() == 4 and x.dtype is torch.float32:
            x = x.contiguous(memory_format=torch.channels_last)
            return self.fastest(x, addend)(x, addend)
        return self.finish(super().forward(x), addend)

    def fastest(self, x, addend):
        (n, _, h, w), kernel, stride = x.shape, self.kernel_size, self.stride
        work = n * h * w * self.weight.numel() // (stride[0] * stride[1])
        pointwise = kernel == stride == (1, 1) and self.padding == (0, 0)
        few = n == self.groups == 1 and min(kernel) < 4 and x.numel() <= self.FEW
        if pointwise and self.groups == 1 and work <= self.POINTWISE:
            return self.product
        if few and work <= self.SMALL or not torch.backends.mkldnn.is_available():
            return self.convolve
        if pointwise and self.groups == 1 and addend is None:
            return self.fused_product
        return self.fused_convolve

    def convolve(self, x, addend):
        weight = self.weight.contiguous(memory_format=torch.channels_last)
        return self.finish(self._conv_forward(x, weight, self.bias), addend)

    def product(self, x, addend):
        matrix = self.weight.flatten(1).t().contiguous().t()
        y = F.linear(x.permute(0, 2, 3, 1), matrix, self.bias)
        return self.finish(y.permute(0, 3, 1, 2), addend)

    def finish(self, y, addend):
        y = y if addend is None else y.add_(addend)
        if self.activation is None:
            return y
        return getattr(F, self.activation)(y, inplace=True)

    def fused_convolve(self, x, addend):
        window = self.padding, self.stride, self.dilation, self.groups
        pack = torch.ops.mkldnn._reorder_convolution_weight
        given = pack(self.weight, *window, x.shape), self.bias, *window
        word, *limits = self.in_its_words()
        if addend is None:
            convolve = torch.ops.mkldnn._convolution_pointwise.default
            return convolve(x, *given, word or "none", *limits)
        convolve = torch.ops.mkldnn._convolution_pointwise.binary
        return convolve(x, addend, *given, "add", 1.0, word, *limits)

    def fused_product(self, x, addend):
        pack = torch.ops.mkldnn._reorder_linear_weight
        weight = pack(self.weight.flatten(1), x.numel() // x.shape[1])
        word, *limits = self.in_its_words()
        multiply = torch.ops.mkldnn._linear_pointwise.default
        given = x.permute(0, 2, 3, 1), weight, self.bias, word or "none", *limits
        return multiply(*given).permute(0, 3, 1, 2)

    def in_its_words(self):
        """The activation as oneDNN is asked for it."""
        names = {"relu6": "hardtanh", "silu": "swish"}
        word = names.get(self.activation, self.activation)
        return word, [0.0, 6.0] if word == "hardtanh" else [], ""
''',
)

CLAMP_CHANNELS = Helper(
    "ClampChannels",
    '''\
class ClampChannels(nn.Module):
    """Cuts each channel to lie between two numbers of its own."""

    def __init__(self, channels, axes=2):
        super().__init__()
        shape = channels, *(1,) * axes
        self.register_buffer("lower", torch.full(shape, float("-inf")))
        self.register_buffer("upper", torch.full(shape, float("inf")))

    def forward(self, x):
        return torch.clamp(x, self.lower, self.upper)
''',
)


BANDED_NORM = Helper(
    "BandedResponseNorm",
    '''\
class BandedResponseNorm(nn.LocalResponseNorm):
    """The same, its sums over neighbouring channels as a product with a matrix."""

    def forward(self, x):
        near = x.new_ones(x.shape[1], x.shape[1])
        near = near.tril((self.size - 1) // 2).triu(-(self.size // 2))
        size, x = x.shape[2:], x.flatten(2).transpose(1, 2)
        total = F.linear(x.square(), near).mul_(self.alpha / self.size).add_(self.k)
        return x.mul(total.pow_(-self.beta)).unflatten(1, size).movedim(-1, 1)
''',
)

SCALED_NORM = Helper(
    "ScaledBatchNorm2d",
    '''\
class ScaledBatchNorm2d(nn.BatchNorm2d):
    """The same. On a tape, a product and a sum by what follows from its weights."""

    def forward(self, x):
        if not Tape.running() or x.dtype is not torch.float32:
            return super().forward(x)
        scale = 1 / (self.running_var + self.eps).sqrt()
        scale = scale if self.weight is None else scale * self.weight
        shift = -self.running_mean * scale
        shift = shift if self.bias is None else shift + self.bias
        return torch.addcmul(shift.view(-1, 1, 1), x, scale.view(-1, 1, 1))
''',
)


@rule(FusedConv)
def fused_conv(op: FusedConv, x: Tensor, *addend: Tensor) -> Lowering:
    around = even(op.pads(x))
    if len(x.spatial) != 2 or around is None or op.padding_mode != "zeros":
        raise UnsupportedError("pytorch fuses 2d convolutions with even padding by zeros alone")
    activation = FUNCTIONS.get(op.activation, op.activation)
    args = arguments(
        *first(op, x),
        (Arg("stride", brief(per_axis("stride", op.stride, 2)), "stride"), 1),
        (Arg("padding", brief(around), "padding"), 0),
        (Arg("dilation", brief(per_axis("dilation", op.dilation, 2)), "dilation"), 1),
        (Arg("groups", op.groups, "groups"), 1),
        (Arg("bias", op.bias, "bias"), True),
        (Arg("activation", activation, "activation"), None),
    )
    return Lowering(Layer(FUSED_CONV.name, args), helpers=(TENSORS_IN, TAPE, FUSED_CONV))


@rule(ClampChannels)
def clamp_channels(op: ClampChannels, x: Tensor) -> Lowering:
    args = arguments(
        Arg("channels", x.channels, "in_channels", positional=True),
        (Arg("axes", len(x.spatial), "axes"), 2),
    )
    return Lowering(Layer(CLAMP_CHANNELS.name, args), helpers=(CLAMP_CHANNELS,), overwritable=True)


@rule(BandedResponseNorm)
def banded_response_norm(op: BandedResponseNorm, x: Tensor) -> Lowering:
    norm = local_response_norm(op, x)
    assert norm.layer is not None
    return Lowering(replace(norm.layer, cls=BANDED_NORM.name), helpers=(BANDED_NORM,), overwritable=True)


@rule(ScaledBatchNorm)
def scaled_batch_norm(op: ScaledBatchNorm, x: Tensor) -> Lowering:
    norm = batch_norm(op, x)
    assert norm.layer is not None
    return replace(norm, layer=replace(norm.layer, cls=SCALED_NORM.name), helpers=(TENSORS_IN, TAPE, SCALED_NORM))
