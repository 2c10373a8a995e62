"""The graph as a model of the onnx package, and as the bytes of its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from archspec.backend import MARK, Header
from archspec.backends.onnx_model.graph import Graph, graph
from archspec.backends.onnx_model.rules import Constant, Value
from archspec.backends.onnx_model.tensors import Tensors
from archspec.program.model import Program
from archspec.program.weights import Weights
from archspec.text.diagnostics import fault
from archspec.text.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import ModelProto, TensorProto, ValueInfoProto

OPSET = 21
"""of onnx 1.16: the first whose GroupNormalization has one factor a channel; ONNX Runtime takes it since 1.18"""
IR_VERSION = 10
"""of onnx 1.16 likewise: the first with metadata of nodes"""
BATCH = "batch"
"""name of the axis that may have any size"""
LARGEST = 2**31 - 2**20
"""bytes that a file may have; protobuf ends at 2 GiB, and the graph needs some"""
DTYPES = {"float32": 1, "int64": 7, "bool": 9}
"""our dtypes by ONNX's numbers"""


class Model(NamedTuple):
    """A network, and the numbers that are too large to lie in its file."""

    proto: ModelProto
    outside: tuple[NDArray[Any], ...] = ()

    def data(self) -> Iterator[bytes]:
        """The content of the file beside it."""
        for array in self.outside:
            yield array.tobytes()


def model(
    program: Program, header: Header, given: Mapping[str, Any] | None, seed: int, limit: int, beside: str | None = None
) -> Model:
    """The network in inference, with its weights. Raises `SpecError` (A0503, A0602, A0702).

    With `beside`, the name of a file that will lie beside it, weights are left to that file.
    """
    from onnx import helper

    tensors = Tensors(program, given, seed)
    made = graph(program, tensors, limit)
    outside: list[NDArray[Any]] = []
    initialisers = [_constant(one) for one in made.constants]
    offset = 0
    for key in made.weights:
        array = tensors.numbers(key)
        if beside is None:
            initialisers.append(_tensor(key, array, array.tobytes()))
        else:
            initialisers.append(_reference(key, array, beside, offset))
            outside.append(array)
            offset += array.nbytes
    proto = helper.make_model(
        _graph(program.name, made, initialisers),
        producer_name="archspec",
        producer_version=header.version,
        doc_string=_words(header),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    facts = {"archspec.spec": header.spec, "archspec.params": header.params, "archspec.mads": header.mads}
    helper.set_model_props(proto, {name: str(value) for name, value in facts.items()})
    return Model(proto, tuple(outside))


def size(program: Program) -> int:
    """Bytes of all its tensors."""
    return sum(weight.type.elements * np.dtype(weight.type.dtype).itemsize for weight in Weights(program).all())


def content(
    program: Program, header: Header, given: Mapping[str, Any] | None, seed: int, limit: int = DEFAULT_LIMITS.nodes
) -> bytes:
    """The content of an ONNX file. Raises `SpecError`: also A0503 if it is more than one file can hold."""
    if size(program) > LARGEST:
        raise fault("A0503", "onnx cannot hold more than 2 GiB in one file", help="write it to a file: `-o FILE`")
    data: bytes = model(program, header, given, seed, limit).proto.SerializeToString()
    return data


def _graph(name: str, made: Graph, initialisers: list[TensorProto]) -> Any:
    from onnx import helper

    nodes = []
    for node, note in made.nodes:
        proto = helper.make_node(node.kind, node.inputs, node.outputs, node.name, **node.attributes)
        for key, value in note.items():
            entry = proto.metadata_props.add()
            entry.key, entry.value = key, value
        nodes.append(proto)
    infos = [[_info(value) for value in values] for values in (made.inputs, made.outputs, made.values)]
    return helper.make_graph(nodes, name, infos[0], infos[1], initialisers, value_info=infos[2])


def _info(value: Value) -> ValueInfoProto:
    from onnx import helper

    shape: list[str | int | None] = [*([BATCH] if value.batched else []), *value.type.shape]
    info: ValueInfoProto = helper.make_tensor_value_info(value.name, DTYPES[value.type.dtype], shape)
    return info


def _constant(constant: Constant) -> TensorProto:
    array = np.array(constant.numbers, constant.dtype).reshape(constant.shape)
    return _tensor(constant.name, array, array.tobytes())


def _tensor(name: str, array: NDArray[Any], raw: bytes) -> TensorProto:
    from onnx import TensorProto

    return TensorProto(name=name, dims=array.shape, data_type=DTYPES[array.dtype.name], raw_data=raw)


def _reference(name: str, array: NDArray[Any], file: str, offset: int) -> TensorProto:
    """A tensor whose numbers stand in another file."""
    from onnx import TensorProto

    tensor = TensorProto(name=name, dims=array.shape, data_type=DTYPES[array.dtype.name])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", file), ("offset", offset), ("length", array.nbytes)):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
    return tensor


def _words(header: Header) -> str:
    """What the file says of itself; its first words tell that archspec wrote it."""
    lines = [f"{MARK} {header.version} from {header.spec}", header.title, header.source]
    figures = f"{header.params:,} parameters, {header.mads:,} multiply-adds (batch 1, inference), depth {header.depth}"
    return "\n".join([*filter(None, lines), figures])
