"""The networks that others wrote, against which ours are checked: torchvision's and timm's.

    from tests.oracles import torchvision, timm

Both are installed without their dependencies (see Makefile), and timm imports torchvision.
"""

from __future__ import annotations

import torch

try:
    import torchvision
except RuntimeError:
    # Its compiled operators do not fit this build of torch, and the shape rules it gives to two of them (detection's)
    # find no operator. Classifiers need neither, so that a declaration will do.
    _library = torch.library.Library("torchvision", "DEF")
    for _operator in ("nms", "qnms"):
        _library.define(f"{_operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

import timm

__all__ = ["photograph", "timm", "torchvision"]


def photograph(size: int = 224, name: str = "china.jpg") -> torch.Tensor:
    """A real photograph (scikit-learn ships "china.jpg" and "flower.jpg"), normalised: [1, 3, size, size]."""
    from sklearn.datasets import load_sample_image

    pixels = torch.from_numpy(load_sample_image(name).copy()).permute(2, 0, 1)[None].float() / 255
    image = torch.nn.functional.interpolate(pixels, (size, size), mode="bilinear", antialias=True, align_corners=False)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    return (image - mean) / deviation
