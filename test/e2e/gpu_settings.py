"""Runs the GPU program of an artifact with any settings of the runtime, by its C interface."""
import contextlib
import ctypes

import numpy as np
from quantir import _abi, _model

# Bits of hidden_needs and of exact_constants.
DOT, F16 = 1, 2
FMA, DIVISION, ROOT = 1, 2, 4


class Options(ctypes.Structure):
    """quantir_gpu_options"""
    _fields_ = [("cache_folder", ctypes.c_char_p), ("hidden_needs", ctypes.c_uint32),
                ("exact_constants", ctypes.c_uint32), ("skipped_forms", ctypes.c_uint32),
                ("timed", ctypes.c_uint32), ("drop_barrier", ctypes.c_uint32),
                ("staged", ctypes.c_uint32), ("pool", ctypes.c_void_p)]


def _runtime():
    library = _abi.runtime()
    pointer, number, error = ctypes.c_void_p, ctypes.c_uint32, ctypes.POINTER(_abi.CError)
    for name, result, arguments in [
            ("quantir_gpu_open", pointer, [ctypes.c_int32, error]),
            ("quantir_gpu_close", None, [pointer]),
            ("quantir_gpu_name", ctypes.c_char_p, [pointer]),
            ("quantir_gpu_record", pointer,
             [pointer, pointer, number, number, ctypes.POINTER(Options), error]),
            ("quantir_gpu_run", ctypes.c_int,
             [pointer, ctypes.POINTER(pointer), ctypes.POINTER(pointer), error]),
            ("quantir_gpu_free", None, [pointer])]:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _checked(result, error):
    if not result:
        raise RuntimeError(error.text())
    return result


@contextlib.contextmanager
def opened():
    """A Vulkan device."""
    error = _abi.CError()
    gpu = _checked(_runtime().quantir_gpu_open(-1, ctypes.byref(error)), error)
    try:
        yield gpu
    finally:
        _runtime().quantir_gpu_close(gpu)


def name(gpu):
    return _runtime().quantir_gpu_name(gpu).decode()


def run(gpu, model: _model.Model, inputs, **options):
    """One sample's outputs by name, with `options` as quantir_gpu_options has them."""
    library, error = _runtime(), _abi.CError()
    program = library.quantir_model_description(model._handle).contents.gpu
    recorded = _checked(
        library.quantir_gpu_record(gpu, program, len(model.inputs), len(model.outputs),
                                   Options(**options), ctypes.byref(error)), error)
    results = [np.empty(tensor.shape, tensor.dtype) for tensor in model.outputs]
    arrays = [np.ascontiguousarray(inputs[tensor.name]) for tensor in model.inputs]
    addresses = lambda all: (ctypes.c_void_p * len(all))(*(a.ctypes.data for a in all))
    try:
        status = library.quantir_gpu_run(recorded, addresses(arrays), addresses(results),
                                         ctypes.byref(error))
        _checked(status == 0, error)
    finally:
        library.quantir_gpu_free(recorded)
    return {tensor.name: result for tensor, result in zip(model.outputs, results)}
