"""The C structures and functions of libquantir_runtime.so."""
from __future__ import annotations

import ctypes
import functools
from ctypes import (POINTER, Structure, c_char, c_char_p, c_float, c_int,
                    c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p)

import numpy as np

from ._locate import find_library

DTYPES: dict[int, np.dtype] = {
    code: np.dtype(name) for code, name in
    enumerate(["float32", "int64", "int32", "int8", "uint8", "bool"], start=1)}


class CTensor(Structure):
    _fields_ = [("name", c_char_p), ("type", c_int32), ("rank", c_int32),
                ("shape", POINTER(c_int64)), ("quantized", c_int32),
                ("scale", c_float), ("zero_point", c_int32)]


class CStep(Structure):
    _fields_ = [("name", c_uint32), ("nodes", c_uint32), ("macs", c_uint64),
                ("bytes", c_uint64)]


class CLevel(Structure):
    _fields_ = [("cpu", c_char_p), ("features", c_char_p), ("run", c_void_p),
                ("steps", POINTER(CStep)), ("num_steps", c_uint32)]


class CDescription(Structure):
    _fields_ = [("abi_version", c_uint32), ("num_inputs", c_uint32),
                ("num_outputs", c_uint32), ("name", c_char_p),
                ("inputs", POINTER(CTensor)), ("outputs", POINTER(CTensor)),
                ("arena_size", c_uint64), ("arena_alignment", c_uint64),
                ("weights_size", c_uint64), ("weights_hash", c_char_p),
                ("target_triple", c_char_p), ("target_cpu", c_char_p),
                ("target_features", c_char_p), ("quantization", c_char_p),
                ("compiler", c_char_p), ("steps", POINTER(CStep)),
                ("num_steps", c_uint32), ("step_texts_size", c_uint32),
                ("step_texts", c_char_p), ("constants", c_void_p),
                ("constants_size", c_uint64), ("levels", POINTER(CLevel)),
                ("num_levels", c_uint32), ("gpu", c_void_p)]


class CDeviceOptions(Structure):
    _fields_ = [("cache_folder", c_char_p), ("pool", c_void_p),
                ("timed", c_uint32)]


class CError(Structure):
    _fields_ = [("message", c_char * 512)]

    def text(self) -> str:
        message: bytes = self.message
        return message.decode(errors="replace")


@functools.cache
def runtime() -> ctypes.CDLL:
    """The library; its calls run without the interpreter's lock."""
    library = ctypes.CDLL(find_library("libquantir_runtime.so"))
    pointers, sizes = POINTER(c_void_p), POINTER(c_size_t)
    for name, result, arguments in [
        ("quantir_load", c_void_p, [c_char_p, POINTER(CError)]),
        ("quantir_unload", None, [c_void_p]),
        ("quantir_model_description", POINTER(CDescription), [c_void_p]),
        ("quantir_model_run", c_int,
         [c_void_p, pointers, sizes, c_uint32, pointers, sizes, c_uint32,
          c_void_p, POINTER(CError)]),
        ("quantir_model_use_device", c_int,
         [c_void_p, c_char_p, POINTER(CDeviceOptions), POINTER(CError)]),
        ("quantir_model_device", c_char_p, [c_void_p]),
        ("quantir_pool_create", c_void_p, [c_int32]),
        ("quantir_pool_destroy", None, [c_void_p]),
    ]:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
