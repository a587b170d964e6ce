"""Compiles trained ONNX models to small libraries and runs them.

>>> path = quantir.compile("m.onnx", quantize="w8a8", calib={"x": samples})
>>> quantir.load(path).run({"x": x})["y"]
"""
from ._compile import CompileError, compile
from ._model import LoadError, Model, Tensor, load

__all__ = ["CompileError", "LoadError", "Model", "Tensor", "compile", "load"]
__version__ = "0.1.0"
