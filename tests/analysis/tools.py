"""What the counting tools print for a module: fvcore, thop, ptflops, torchinfo and PyTorch's own counter."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn

Tool = Callable[[nn.Module, Sequence[int]], int]


def fvcore(network: nn.Module, size: Sequence[int]) -> int:
    from fvcore.nn import FlopCountAnalysis

    counted = FlopCountAnalysis(network, torch.zeros(1, *size))
    return int(counted.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total())


def thop(network: nn.Module, size: Sequence[int]) -> int:
    import thop as tool

    return int(tool.profile(network, inputs=(torch.zeros(1, *size),), verbose=False)[0])


def ptflops(network: nn.Module, size: Sequence[int]) -> int:
    from ptflops import get_model_complexity_info

    return int(
        get_model_complexity_info(network, tuple(size), print_per_layer_stat=False, as_strings=False, verbose=False)[0]
    )


def torchinfo(network: nn.Module, size: Sequence[int]) -> int:
    import torchinfo as tool

    return int(tool.summary(network, input_data=torch.zeros(1, *size), device="cpu", verbose=0).total_mult_adds)


def flops(network: nn.Module, size: Sequence[int]) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        network(torch.zeros(1, *size))
    return int(counter.get_total_flops())


TOOLS: Mapping[str, Tool] = {tool.__name__: tool for tool in (fvcore, thop, ptflops, torchinfo, flops)}


def printed(tool: str, network: nn.Module, size: Sequence[int]) -> int:
    """The total of a tool, in inference. Their deprecation warnings are theirs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return TOOLS[tool](network.eval(), size)
