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
def on_onednn(x):
    """Whether oneDNN can be given `x` as it is: on a CPU, if no gradient is wanted."""
    return (
        x.device.type == "cpu"
        and x.dtype == torch.float32
        and torch.backends.mkldnn.is_available()
        and not (torch.is_grad_enabled() and x.requires_grad)
        and not torch.compiler.is_compiling()
    )
''',
)

FUSED_CONV = Helper(
    "FusedConv2d",
    '''\
class FusedConv2d(nn.Conv2d):
    """Convolution that adds `addend` if there is one and then applies an activation.

    On a CPU it is one call of oneDNN, channels last, with the weight laid out for
    inputs of the shape that came last. Elsewhere it is one call after the other.
    """

    ONEDNN = {None: "none", "relu6": "hardtanh", "silu": "swish"}

    def __init__(self, *args, activation=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.activation = activation
        self.packed = None, None

    def forward(self, x, addend=None):
        trained = torch.is_grad_enabled() and self.weight.requires_grad
        if trained or not on_onednn(x):
            x = super().forward(x)
            x = x if addend is None else x + addend
            return x if self.activation is None else getattr(F, self.activation)(x)
        x = x.contiguous(memory_format=torch.channels_last)
        window = self.padding, self.stride, self.dilation, self.groups
        word = self.ONEDNN.get(self.activation, self.activation)
        then = word, [0.0, 6.0] if word == "hardtanh" else [], ""
        weight, conv = self.weight_for(x, window), torch.ops.mkldnn._convolution_pointwise
        if addend is None:
            return conv(x, weight, self.bias, *window, *then)
        addend = addend.contiguous(memory_format=torch.channels_last)
        then = (None, [], "") if self.activation is None else then
        return conv.binary(x, addend, weight, self.bias, *window, "add", 1.0, *then)

    def weight_for(self, x, window):
        """The weight as oneDNN wants it for inputs like `x`."""
        weight = self.weight
        made_for = x.shape, weight.data_ptr(), 0 if weight.is_inference() else weight._version
        if self.packed[0] != made_for:
            pack = torch.ops.mkldnn._reorder_convolution_weight
            self.packed = made_for, pack(weight, *window, x.shape)
        return self.packed[1]

    def __getstate__(self):
        return {**super().__getstate__(), "packed": (None, None)}
''',
)

CLAMP_CHANNELS = Helper(
    "ClampChannels",
    '''\
class ClampChannels(nn.Module):
    """Cuts each channel to lie between two numbers of its own."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("lower", torch.full((channels,), float("-inf")))
        self.register_buffer("upper", torch.full((channels,), float("inf")))

    def forward(self, x):
        shape = (-1,) + (1,) * (x.dim() - 2)
        return torch.clamp(x, self.lower.view(shape), self.upper.view(shape))
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
    channels = Arg("channels", x.channels, "in_channels", positional=True)
    return Lowering(Layer(CLAMP_CHANNELS.name, (channels,)), helpers=(CLAMP_CHANNELS,), overwritable=True)
