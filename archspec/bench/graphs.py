"""A forward pass as one CUDA graph: its kernels are started all at once, not one by one from Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

WARM_CALLS = 3
"""before it is recorded: libraries choose their kernels and get their workspaces"""


class Graphed:
    """A network in evaluation, recorded at the first call for inputs of that shape and played again at later ones.

    Inputs are copied to where the graph reads them. The outputs are the same tensors each time, with new numbers.
    """

    def __init__(self, call: Callable[..., Any]):
        self._call = call
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: tuple[torch.Tensor, ...] = ()
        self._outputs: Any = None

    def __call__(self, *inputs: torch.Tensor) -> Any:
        import torch

        with torch.inference_mode():
            if self._graph is None or [one.shape for one in inputs] != [one.shape for one in self._inputs]:
                self._record(inputs)
            for place, given in zip(self._inputs, inputs, strict=True):
                place.copy_(given)
            assert self._graph is not None
            self._graph.replay()
        return self._outputs

    def forget(self) -> None:
        self._graph, self._inputs, self._outputs = None, (), None

    def _record(self, inputs: tuple[torch.Tensor, ...]) -> None:
        import torch

        self.forget()
        self._inputs = tuple(one.clone() for one in inputs)
        # As torch asks for: the calls before it on a stream of their own, of which the graph then knows nothing.
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_CALLS):
                self._call(*self._inputs)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._outputs = self._call(*self._inputs)
