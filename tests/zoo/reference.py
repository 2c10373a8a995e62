"""The figures that the zoo is held to, and the library's networks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from archspec.api import library, load
from archspec.architecture import Architecture

FIRST_ZOO = (
    *("lenet5_modern", "alexnet_torchvision", "vgg16", "googlenet_torchvision", "googlenet_torchvision_aux"),
    *("resnet50", "densenet121", "densenet169", "densenet201", "densenet161", "se_resnet50_v15", "nasnet_a_large"),
)


@cache
def reference() -> dict[str, dict[str, Any]]:
    """Figures by id (see "about" in the file for what each means and where it comes from)."""
    networks: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("reference.json").read_text("utf-8"))[
        "networks"
    ]
    return networks


@cache
def loaded(id: str) -> Architecture:
    """A network of the library; one process elaborates it once."""
    return load(id)


def known() -> list[str]:
    """Ids of the library that the reference has figures for."""
    return [id for id in library() if id in reference()]


def with_oracle() -> list[str]:
    """Ids of the library that torchvision or timm has too, under the same state-dict keys."""
    return [id for id in known() if reference()[id].get("keys", "").partition(" ")[0] in ("torchvision", "timm")]


def slow_beyond(few: Iterable[str], ids: Iterable[str]) -> list[Any]:
    """Ids for parametrize: the few are tested by default, the others with the slow tests."""
    return [id if id in few else pytest.param(id, marks=pytest.mark.slow) for id in ids]
