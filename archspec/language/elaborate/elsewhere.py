"""What other frameworks and papers call our ops, for messages that say what was meant."""

from __future__ import annotations

import re

_NAMES = {
    "batchnormalization": "batch_norm",
    "bn": "batch_norm",
    "cat": "concat",
    "concatenate": "concat",
    "convolution": "conv",
    "deconv": "conv_transpose",
    "dense": "linear",
    "fc": "linear",
    "fullyconnected": "linear",
    "gap": "global_avg_pool",
    "globalaveragepooling": "global_avg_pool",
    "globalmaxpooling": "global_max_pool",
    "hardswish": "hard_swish",
    "hswish": "hard_swish",
    "interpolate": "upsample",
    "layernormalization": "layer_norm",
    "ln": "layer_norm",
    "lrn": "local_response_norm",
    "maxpooling": "max_pool",
    "averagepooling": "avg_pool",
    "stochasticdepth": "drop_path",
    "swish": "silu",
    "transpose": "permute",
    "view": "reshape",
    "zeropad": "pad",
}


def known_as(name: str) -> str | None:
    """The op that a foreign name means, or None.

    >>> known_as("BatchNormalization"), known_as("Swish"), known_as("GlobalAveragePooling2D"), known_as("conv")
    ('batch_norm', 'silu', 'global_avg_pool', None)
    """
    return _NAMES.get(re.sub(r"[123]d$", "", name.lower().replace("_", "")))
