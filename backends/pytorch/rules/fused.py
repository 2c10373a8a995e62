"""Rules of the ops that passes make, and the helpers that hand them to oneDNN where it does them at once."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Helper, Layer, Lowering, UnsupportedError, arguments, brief, rule
from archspec.backends.pytorch.rules.conv import first
from archspec.ops.base import Tensor
from archspec.ops.fused import ClampChannels, FusedConv
from archspec.ops.geometry import even, per_axis

FUNCTIONS = {"none": None, "hard_sigmoid": "hardsigmoid", "hard_swish": "hardswish"}
"""activations that torch.nn.functional has under another name"""

ON_ONEDNN = Helper(
    "on_onednn",
    '''\
def on_onednn(x, *others):
    """Whether oneDNN can be given images `x`: on a CPU, if nobody wants a gradient."""
    return (
        x.is_cpu
        and x.dim() == 4
        and x.dtype is torch.float32
        and not (
            torch.is_grad_enabled()
            and any(one is not None and one.requires_grad for one in (x, *others))
        )
        and not torch.compiler.is_compiling()
        and torch.backends.mkldnn.is_available()
    )
''',
)

FUSED_CONV = Helper(
    "FusedConv2d",
    '''\
class FusedConv2d(nn.Conv2d):
    """Convolution that adds `addend` if there is one and then applies an activation.

    On a CPU that is done channels last, in the way that is fastest for the shape of
    the last input: by oneDNN, which does it all in one call, by a matrix product, or
    as torch does it. Elsewhere it is one by one.
    """

    POINTWISE = 2**24  # multiply-adds up to which 1x1 is faster as a matrix product
    SMALL = 2**23  # and up to which torch is done with one image before oneDNN begins

    def __init__(self, *args, activation=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.activation = activation
        self.made = None, None

    def forward(self, x, addend=None):
        weight = self._parameters["weight"]  # a shorter way than self.weight
        if not on_onednn(x, addend, *self._parameters.values()):
            return self.finish(self._conv_forward(x, weight, self.bias), addend)
        state = 0 if weight.is_inference() else weight._version
        made_for = x.shape, weight.data_ptr(), state, torch.get_num_threads()
        if self.made[0] != made_for:
            self.made = made_for, self.make(x)
        return self.made[1](x, addend)

    def finish(self, y, addend):
        y = y if addend is None else y.add_(addend)
        if self.activation is None:
            return y
        return getattr(F, self.activation)(y, inplace=True)

    def make(self, x):
        """The fastest way for inputs of this shape."""
        (n, _, h, w), kernel, stride = x.shape, self.kernel_size, self.stride
        work = n * h * w * self.weight.numel() // (stride[0] * stride[1])
        bare = kernel == stride == (1, 1) and self.padding == (0, 0)
        if bare and self.groups == 1 and work <= self.POINTWISE:
            return self.product()
        if n == self.groups == 1 and min(kernel) < 4 and work <= self.SMALL:
            return self.single()
        return self.onednn(x)

    def product(self):
        matrix, bias = self.weight.flatten(1).t().contiguous().t(), self.bias

        def multiply(x, addend):
            y = F.linear(x.permute(0, 2, 3, 1), matrix, bias)
            return self.finish(y.permute(0, 3, 1, 2), addend)

        return multiply

    def single(self):
        window, bias = (self.stride, self.padding, self.dilation), self.bias
        weight = self.weight.contiguous(memory_format=torch.channels_last)

        def convolve(x, addend):
            return self.finish(F.conv2d(x, weight, bias, *window), addend)

        return convolve

    def onednn(self, x):
        window = self.padding, self.stride, self.dilation, self.groups
        pack = torch.ops.mkldnn._reorder_convolution_weight
        weight, bias = pack(self.weight, *window, x.shape), self.bias
        names = {"relu6": "hardtanh", "silu": "swish"}
        word = names.get(self.activation, self.activation)
        then = word, [0.0, 6.0] if word == "hardtanh" else [], ""
        alone = torch.ops.mkldnn._convolution_pointwise.default
        added = torch.ops.mkldnn._convolution_pointwise.binary

        def convolve(x, addend):
            x = x.contiguous(memory_format=torch.channels_last)
            if addend is None:
                return alone(x, weight, bias, *window, word or "none", *then[1:])
            return added(x, addend, weight, bias, *window, "add", 1.0, *then)

        return convolve

    def __getstate__(self):
        return {**super().__getstate__(), "made": (None, None)}
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
    return Lowering(Layer(FUSED_CONV.name, args), helpers=(ON_ONEDNN, FUSED_CONV))


@rule(ClampChannels)
def clamp_channels(op: ClampChannels, x: Tensor) -> Lowering:
    args = arguments(
        Arg("channels", x.channels, "in_channels", positional=True),
        (Arg("axes", len(x.spatial), "axes"), 2),
    )
    return Lowering(Layer(CLAMP_CHANNELS.name, args), helpers=(CLAMP_CHANNELS,), overwritable=True)
