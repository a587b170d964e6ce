"""Quantir as an ONNX backend: `onnx.backend.base.Backend`.

>>> import onnx, quantir.backend as backend
>>> backend.run_model(onnx.load("m.onnx"), [x])
"""
from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.backend.base import Backend, BackendRep, namedtupledict

from ._compile import CompileError, compile
from ._model import Model, load

Array = NDArray[Any]


class QuantirBackendRep(BackendRep):
    """A compiled model with its inputs and outputs in the graph's order."""

    def __init__(self, model: Model):
        self.model = model

    def run(self, inputs: Mapping[str, Array] | Sequence[Array] | Array,
            **kwargs: Any) -> tuple[Array, ...]:
        names = [tensor.name for tensor in self.model.inputs]
        if isinstance(inputs, np.ndarray):
            inputs = [inputs]
        if not isinstance(inputs, Mapping):
            if len(inputs) != len(names):
                raise ValueError(f"{self.model.name} has {len(names)} inputs, "
                                 f"but {len(inputs)} were given")
            inputs = dict(zip(names, inputs))
        results = self.model.run(inputs, threads=kwargs.get("threads", 1))
        outputs = namedtupledict("Outputs", list(results))
        return outputs(*results.values())


class QuantirBackend(Backend):
    """Compiles each model to a temporary library."""

    @classmethod
    def supports_device(cls, device: str) -> bool:
        return device == "CPU"

    @classmethod
    def is_compatible(cls, model: onnx.ModelProto, device: str = "CPU",
                      **kwargs: Any) -> bool:
        """True when the importer reads the model."""
        if not cls.supports_device(device):
            return False
        with tempfile.TemporaryDirectory(prefix="quantir-") as folder:
            try:
                compile(model, pathlib.Path(folder) / "model.mlir",
                        compile_to="import")
            except CompileError:
                return False
        return True

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU",
                **kwargs: Any) -> QuantirBackendRep:
        """Keyword arguments are options of `quantir.compile`. Raises
        `quantir.CompileError` for a model that is not supported."""
        if not cls.supports_device(device):
            raise ValueError(f"device '{device}' is not supported; use 'CPU'")
        # The system keeps the library until it is unloaded.
        with tempfile.TemporaryDirectory(prefix="quantir-") as folder:
            path = compile(model, pathlib.Path(folder) / "model.so", **kwargs)
            return QuantirBackendRep(load(path))

    @classmethod
    def run_model(cls, model: onnx.ModelProto, inputs: Any,
                  device: str = "CPU", **kwargs: Any) -> tuple[Array, ...]:
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(cls, node: onnx.NodeProto, inputs: Sequence[Array],
                 device: str = "CPU",
                 outputs_info: Sequence[tuple[np.dtype, tuple[int, ...]]]
                 | None = None, **kwargs: Any) -> tuple[Array, ...]:
        opset = kwargs.pop("opset_version", onnx.defs.onnx_opset_version())
        return cls.run_model(_model_of(node, inputs, opset), list(inputs),
                             device, **kwargs)


def _model_of(node: onnx.NodeProto, inputs: Sequence[Array],
              opset: int) -> onnx.ModelProto:
    """A model of one node whose inputs have the types of `inputs`."""
    values = [
        onnx.helper.make_tensor_value_info(
            name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype),
            array.shape)
        for name, array in zip(filter(None, node.input), inputs, strict=True)]
    results = [onnx.ValueInfoProto(name=name) for name in node.output if name]
    graph = onnx.helper.make_graph([node], "node", values, results)
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid(node.domain, opset)])
    return onnx.shape_inference.infer_shapes(model, strict_mode=True)


is_compatible = QuantirBackend.is_compatible
prepare = QuantirBackend.prepare
run_model = QuantirBackend.run_model
run_node = QuantirBackend.run_node
supports_device = QuantirBackend.supports_device
