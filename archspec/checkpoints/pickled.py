"""The table of tensors in a torch archive, read with a pickle machine that can build nothing else.

A pickle is a program. This reader knows the dozen names that torch writes into a state dict and gives each a
meaning of its own that only notes shapes; any other name ends it. So nothing that a file says is run.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from archspec.checkpoints.stored import Header, Stored

STORAGES = {
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip
INSIDE = ("state_dict", "model_state_dict", "model", "module", "net", "params", "state_dict_ema", "model_ema")
"""where training scripts keep the state dict in what they save"""


def tensors(data: bytes) -> Header:
    """Every tensor of the state dict. Raises `ValueError` with the reason, for anything else."""
    try:
        found = _Reader(BytesIO(data)).load()
    except (pickle.UnpicklingError, AttributeError, EOFError, IndexError, KeyError, TypeError, MemoryError) as error:
        raise ValueError(str(error)[:200] or type(error).__name__) from None
    entries: dict[str, Stored] = state_dict(found, Stored)
    if not entries:
        raise ValueError("there is no table of tensors in it")
    return entries


def state_dict(found: Any, kind: type) -> dict[str, Any]:
    """The table of values of that kind in what a script saved: the whole of it, or where scripts keep it."""
    if not isinstance(found, Mapping):
        return {}
    own = {name: value for name, value in found.items() if isinstance(name, str) and isinstance(value, kind)}
    if own:
        return own
    return next((inner for name in INSIDE if (inner := state_dict(found.get(name), kind))), {})


class _Unknown:
    """Anything that is no tensor and does no harm: a device, a step count's wrapper."""


def _tensor(storage: str, offset: int, size: tuple[int, ...], *rest: Any) -> Stored:
    return Stored(tuple(int(one) for one in size), storage)


def _first(value: Any, *rest: Any) -> Any:
    return value


def _nothing(*rest: Any) -> _Unknown:
    return _Unknown()


MEANINGS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _first,
    ("torch._utils", "_rebuild_parameter_with_state"): _first,
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "defaultdict"): _nothing,
    ("torch", "Size"): _first,
    ("torch", "device"): _nothing,
    ("argparse", "Namespace"): _nothing,
    ("numpy.core.multiarray", "scalar"): _nothing,
    ("numpy._core.multiarray", "scalar"): _nothing,
    ("numpy", "dtype"): _nothing,
    ("_codecs", "encode"): _nothing,
}
"""the names that a checkpoint may use, and what they mean here"""


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        if (module, name) in MEANINGS:
            return MEANINGS[module, name]
        raise pickle.UnpicklingError(f"it names `{module}.{name}`, which is no part of a table of tensors")

    def persistent_load(self, pid: Any) -> str:
        kind, storage, *_ = pid
        if kind != "storage" or not isinstance(storage, str):
            raise pickle.UnpicklingError("it refers to something outside the file")
        return storage
