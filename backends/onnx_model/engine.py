"""A network that ONNX Runtime computes, with the interface of the PyTorch module of the same spec."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archspec.backends.onnx_model.tensors import Tensors, as_array
from archspec.program.model import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession


class Network:
    """Computes in inference, on the CPU: training heads are absent, and `train()` is refused.

    Called with arrays of numpy it gives arrays, called with tensors of torch it gives tensors; the batch may have
    any size. One output comes as it is, several as a dictionary by their names. It computes with as many threads
    as torch does where torch is imported, else with `OMP_NUM_THREADS`, else with all cores.
    """

    engine = "onnxruntime"
    training = False

    def __init__(self, program: Program, content: bytes, seed: int):
        self.content = content
        """the file, weights included"""
        self._program, self._seed = program, seed
        self._session: InferenceSession | None = None
        self._state: dict[str, NDArray[Any]] | None = None
        self.inputs = tuple(port.name for port in program.graph.inputs)
        self.outputs = tuple(output.name for output in program.graph.outputs if output.only != "training")

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """Raises `TypeError` unless each input of the network is given once."""
        given = dict(zip(self.inputs, inputs, strict=False))
        if len(inputs) > len(self.inputs) or given.keys() & named.keys() or {*given, *named} != {*self.inputs}:
            wanted = ", ".join(self.inputs)
            raise TypeError(f"the network takes ({wanted}), not {len(inputs)} inputs and ({', '.join(named)})")
        given |= named
        results = self.session.run(self.outputs, {name: as_array(value) for name, value in given.items()})
        like = next((value for value in given.values() if hasattr(value, "detach")), None)
        if like is not None:
            import torch

            results = [torch.from_numpy(result).to(like.device) for result in results]
        return results[0] if len(results) == 1 else dict(zip(self.outputs, results, strict=True))

    forward = __call__

    @property
    def session(self) -> InferenceSession:
        """ONNX Runtime's session, made when it is first asked for."""
        if self._session is None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = _threads()
            providers = ["CPUExecutionProvider"]
            self._session = onnxruntime.InferenceSession(self.content, options, providers=providers)
        return self._session

    def eval(self) -> Network:
        return self

    def train(self, mode: bool = True) -> Network:
        """Raises `ValueError`: it has no gradients."""
        if mode:
            raise ValueError("ONNX Runtime computes in inference only; train the PyTorch module")
        return self

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Every tensor by the keys of the PyTorch module; those that inference does not read are kept too."""
        if self._state is None:
            import onnx

            held = {one.name: one for one in onnx.load_from_string(self.content).graph.initializer}
            tensors = Tensors(self._program, None, self._seed)
            homes = {key: tensors.home(key) for key in tensors}
            self._state = {
                key: onnx.numpy_helper.to_array(held[home]) if home in held else tensors.numbers(key)
                for key, home in homes.items()
            }
        return dict(self._state)

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True, assign: bool = False) -> None:
        """Take other weights, as arrays or tensors; they are always copied, so `assign` does nothing.

        Raises `ValueError` for a shape, or a name if `strict`, that is wrong, and then changes nothing.
        """
        import onnx

        own = self.state_dict()
        if strict and own.keys() != state.keys():
            raise ValueError(f"other names than the network's: {', '.join(sorted(own.keys() ^ state.keys())[:6])}")
        new = {key: as_array(value) for key, value in state.items() if key in own}
        for key, array in new.items():
            if array.shape != own[key].shape:
                raise ValueError(f"`{key}` has shape {list(array.shape)}, not {list(own[key].shape)}")
        tensors = Tensors(self._program, None, self._seed)
        new = {key: array.astype(own[key].dtype) for key, array in new.items()}
        homes = {tensors.home(key): array for key, array in new.items()}
        proto = onnx.load_from_string(self.content)
        for one in proto.graph.initializer:
            if one.name in homes:
                one.raw_data = homes[one.name].tobytes()
        self.content, self._session = proto.SerializeToString(), None
        self._state = own | new

    def __repr__(self) -> str:
        return f"<{self._program.name} in ONNX Runtime>"


def _threads() -> int:
    """0 lets ONNX Runtime take all cores."""
    torch = sys.modules.get("torch")
    if torch is not None:
        return int(torch.get_num_threads())
    words = os.environ.get("OMP_NUM_THREADS", "")
    return int(words) if words.isdigit() else 0
