"""The figures of one network, as plain data: what `stats --format json` prints."""

from __future__ import annotations

from typing import Any

from archspec.analysis.cost import Cost, cost
from archspec.analysis.memory import memory
from archspec.analysis.paths import main_output, path_figures, steers_anywhere
from archspec.analysis.paths import path_text as path_text
from archspec.analysis.receptive_field import field_record
from archspec.ops.base import Tensor
from archspec.program.model import Program
from archspec.program.read import type_of

CONVENTIONS = (
    "params: elements of trainable tensors, each shared tensor once, training-only parts included; "
    "buffers: saved tensors that are not trained; "
    "MADs: multiply-adds of convolutions, linear layers and matrix products, batch 1, inference "
    "(no bias, norm, activation, pooling); "
    "depth: weighted layers on the longest data path from input to main output; "
    "paths: data paths from input to main output; depth_ops and paths_ops also follow edges that only steer; "
    "receptive_field: pixels of the input that the last map with a part in view sees, all paths together; "
    "memory: bytes at batch 1 in float32: weights and buffers, most activations alive at once in inference, and "
    "what forward keeps for backward in training"
)


def summary(program: Program, costs: Cost | None = None) -> dict[str, Any]:
    """Name, exact counts, depth, paths, shapes and the conventions they follow, ready for JSON.

    Path counts are decimal strings, since few JSON readers keep such integers exact; one that is too large
    to be counted (`semiring.MANY`) is given as "about 10^N". `path_length_mean` is in weighted layers, None
    if there is no path or no count. `receptive_field` is None where the network has no map with a part of the
    input in view; its numbers are lists where axes differ. `output` is the shape of the main output without the batch.
    """
    costs = costs or cost(program)
    counts, bytes = costs.total, memory(program, costs=costs)
    graph = program.graph
    main = main_output(graph)
    data = path_figures(program)
    paths = path_text(data.count, program)
    both, paths_ops = data, paths
    if steers_anywhere(program):
        both = path_figures(program, "all")
        paths_ops = path_text(both.count, program, "all")
    return {
        "name": program.name,
        "title": program.title,
        "params": counts.params,
        "trainable": counts.params,
        "training_only": counts.training_only,
        "buffers": counts.buffers,
        "mads": counts.mads,
        "depth": data.longest,
        "depth_min": data.shortest,
        "depth_ops": both.longest,
        "paths": paths,
        "paths_ops": paths_ops,
        "path_length_mean": None if data.mean is None else float(data.mean),
        "receptive_field": field_record(program),
        "memory": {
            "weights": bytes.weights,
            "activations_peak": bytes.activations_peak,
            "training": bytes.training,
        },
        "inputs": {port.name: _type(port.type) for port in graph.inputs},
        "output": list(type_of(graph, main.ref).shape),
        "outputs": {
            output.name: {**_type(type_of(graph, output.ref)), "only": output.only} for output in graph.outputs
        },
        "conventions": CONVENTIONS,
    }


def _type(type: Tensor) -> dict[str, Any]:
    return {"shape": list(type.shape), "dtype": type.dtype}
