"""The figures of one network, as plain data: what `stats --format json` prints."""

from __future__ import annotations

from typing import Any

from archspec.analysis.cost import Cost, cost
from archspec.analysis.paths import MANY, PATH_BITS, count_paths, depth, depth_min, main_output, steers_anywhere
from archspec.ops.base import Tensor
from archspec.program.model import Program
from archspec.program.read import type_of

CONVENTIONS = (
    "params: elements of trainable tensors, each shared tensor once, training-only parts included; "
    "buffers: saved tensors that are not trained; "
    "MADs: multiply-adds of convolutions, linear layers and matrix products, batch 1, inference "
    "(no bias, norm, activation, pooling); "
    "depth: weighted layers on the longest data path from input to main output; "
    "paths: data paths from input to main output; depth_ops and paths_ops also follow edges that only steer"
)


def summary(program: Program, costs: Cost | None = None) -> dict[str, Any]:
    """Name, exact counts, depth, paths, shapes and the conventions they follow, ready for JSON.

    Path counts are decimal strings, since few JSON readers keep such integers exact; a count of 2^65536
    or more is given as ">= 2^65536". `output` is the shape of the main output without the batch.
    """
    counts = (costs or cost(program)).total
    graph = program.graph
    main = main_output(graph)
    longest, paths = depth(program), count_paths(program)
    steered = steers_anywhere(program)
    return {
        "name": program.name,
        "title": program.title,
        "params": counts.params,
        "trainable": counts.params,
        "training_only": counts.training_only,
        "buffers": counts.buffers,
        "mads": counts.mads,
        "depth": longest,
        "depth_min": depth_min(program),
        "depth_ops": depth(program, "all") if steered else longest,
        "paths": path_text(paths),
        "paths_ops": path_text(count_paths(program, "all") if steered else paths),
        "inputs": {port.name: _type(port.type) for port in graph.inputs},
        "output": list(type_of(graph, main.ref).shape),
        "outputs": {
            output.name: {**_type(type_of(graph, output.ref)), "only": output.only} for output in graph.outputs
        },
        "conventions": CONVENTIONS,
    }


def _type(type: Tensor) -> dict[str, Any]:
    return {"shape": list(type.shape), "dtype": type.dtype}


def path_text(count: int) -> str:
    """An exact path count in decimal digits, or the bound it reached."""
    return f">= 2^{PATH_BITS}" if count >= MANY else decimal(count)


def decimal(number: int) -> str:
    """Decimal digits of a natural number of any size; `str` refuses more than 4,300 of them.

    >>> decimal(2**20000) == decimal(10**4000)
    False
    >>> len(decimal(2**20000))
    6021
    """
    block = 10**4000
    parts: list[str] = []
    while number >= block:
        number, low = divmod(number, block)
        parts.append(f"{low:04000}")
    return str(number) + "".join(reversed(parts))
