"""quantir.load: a compiled model in this process."""
from __future__ import annotations

import ctypes
import os
import threading
import warnings
import weakref
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._abi import (DTYPES, CDescription, CDeviceOptions, CError, CTensor,
                   runtime)

Array = NDArray[np.generic]


class LoadError(RuntimeError):
    """The file is not a compiled model, or one of another version."""


@dataclass(frozen=True)
class Tensor:
    """One input or output: dense, row-major."""
    name: str
    dtype: np.dtype
    shape: tuple[int, ...]
    scale: float | None  #: real value = scale * (element - zero_point)
    zero_point: int | None

    @property
    def nbytes(self) -> int:
        return self.dtype.itemsize * int(np.prod(self.shape, dtype=np.int64))


def _tensor(c: CTensor) -> Tensor:
    is_quantized = bool(c.quantized)
    return Tensor(c.name.decode(errors="surrogateescape"), DTYPES[c.type],
                  tuple(c.shape[:c.rank]) if c.rank else (),
                  c.scale if is_quantized else None,
                  c.zero_point if is_quantized else None)


def _samples_in(array: Array, tensor: Tensor) -> int | None:
    """How many samples `array` holds; None when its shape does not fit."""
    shape, given = tensor.shape, tuple(map(int, array.shape))
    if given == shape:
        return 1
    if given and given[1:] == shape:
        return given[0]
    if (shape and len(given) == len(shape) and given[1:] == shape[1:]
            and given[0] % shape[0] == 0):
        return given[0] // shape[0]
    return None


class Model:
    """A loaded artifact. Threads may run one model at the same time."""

    name: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def __init__(self, path: str | os.PathLike[str], device: str = "cpu",
                 gpu_cache: str | os.PathLike[str] | None = None):
        error = CError()
        handle = runtime().quantir_load(os.fsencode(path), ctypes.byref(error))
        if not handle:
            raise LoadError(error.text())
        self._handle = handle
        self._pools: dict[int, int] = {}
        self._lock = threading.Lock()
        self._close = weakref.finalize(self, _release, handle, self._pools)
        c: CDescription = runtime().quantir_model_description(handle).contents
        self.name = c.name.decode()
        self.inputs = tuple(map(_tensor, c.inputs[:c.num_inputs]))
        self.outputs = tuple(map(_tensor, c.outputs[:c.num_outputs]))
        self.arena_size: int = c.arena_size
        self.weights_size: int = c.weights_size
        self.weights_hash: str = c.weights_hash.decode()
        self.quantization: str = c.quantization.decode()
        self.target: str = c.target_triple.decode()
        self.cpu: str = c.target_cpu.decode()
        self.compiler: str = c.compiler.decode()
        if device != "cpu":
            self._use(device, gpu_cache)

    @property
    def device(self) -> str:
        """Where it runs: "cpu", or the name of a GPU."""
        name: bytes = runtime().quantir_model_device(self._handle)
        return name.decode(errors="replace")

    def _use(self, device: str,
             gpu_cache: str | os.PathLike[str] | None) -> None:
        options = CDeviceOptions(
            None if gpu_cache is None else os.fsencode(gpu_cache), None, 0)
        error = CError()
        status = runtime().quantir_model_use_device(
            self._handle, device.encode(), ctypes.byref(options),
            ctypes.byref(error))
        if status < 0:
            raise LoadError(error.text())
        if status > 0:
            warnings.warn(f"{self.name} runs on the processor: {error.text()}",
                          RuntimeWarning, stacklevel=4)

    def __repr__(self) -> str:
        return f"<quantir.Model {self.name}: {self.quantization}, {self.cpu}>"

    def run(self, inputs: Mapping[str, ArrayLike] | ArrayLike,
            threads: int = 1) -> dict[str, Array]:
        """Runs the model on arrays by input name (or on one array, if it has
        one input) and returns the outputs by name.

        An array whose first dimension is a multiple of the model's, or that has
        one leading dimension more, holds many samples; the outputs of all are
        joined along the first dimension. Arrays are used where they lie when
        they are contiguous. Raises TypeError and ValueError for inputs that do
        not fit; nothing is converted."""
        if not isinstance(inputs, Mapping):
            if len(self.inputs) != 1:
                raise TypeError(f"{self.name} has {len(self.inputs)} inputs; "
                                f"give a dictionary of {self._names()}")
            inputs = {self.inputs[0].name: inputs}
        arrays, samples = self._check(inputs)
        results = [self._result(tensor, samples) for tensor in self.outputs]
        pool = self._pool(threads)
        for sample in range(samples):
            self._run_sample(arrays, results, sample, pool)
        return {t.name: r for t, r in zip(self.outputs, results)}

    def _names(self) -> str:
        return ", ".join(f"'{t.name}'" for t in self.inputs) or "nothing"

    def _check(self, given: Mapping[str, ArrayLike]) -> tuple[list[Array], int]:
        known = {tensor.name for tensor in self.inputs}
        if unknown := sorted(set(given) - known):
            raise ValueError(f"{self.name} has no input '{unknown[0]}'; its "
                             f"inputs are {self._names()}")
        arrays: list[Array] = []
        counts: dict[str, int] = {}
        for tensor in self.inputs:
            if tensor.name not in given:
                raise ValueError(f"input '{tensor.name}' is missing")
            array = np.asarray(given[tensor.name])
            if array.dtype != tensor.dtype:
                raise TypeError(f"input '{tensor.name}' is {tensor.dtype}, "
                                f"but the array is {array.dtype}")
            count = _samples_in(array, tensor)
            if count is None:
                raise ValueError(
                    f"input '{tensor.name}' has shape {tensor.shape}, but the "
                    f"array has {array.shape}")
            # ascontiguousarray would make a scalar one-dimensional.
            arrays.append(np.asarray(array, order="C"))
            counts[tensor.name] = count
        if len(set(counts.values())) > 1:
            listed = ", ".join(f"'{n}': {c}" for n, c in counts.items())
            raise ValueError(f"inputs differ in number of samples: {listed}")
        return arrays, next(iter(counts.values()), 1)

    @staticmethod
    def _result(tensor: Tensor, samples: int) -> Array:
        shape = tensor.shape
        if samples != 1:
            shape = ((samples * shape[0], *shape[1:]) if shape else (samples,))
        return np.empty(shape, tensor.dtype)

    def _pool(self, threads: int) -> int | None:
        if threads < 1:
            raise ValueError(f"threads is {threads}, must be at least 1")
        if threads == 1:
            return None
        with self._lock:
            if threads not in self._pools:
                pool = runtime().quantir_pool_create(threads)
                if not pool:
                    raise OSError(f"the system gives no {threads} threads")
                self._pools[threads] = pool
            return self._pools[threads]

    def _run_sample(self, arrays: list[Array], results: list[Array],
                    sample: int, pool: int | None) -> None:
        error = CError()
        status = runtime().quantir_model_run(
            self._handle, *_buffers(self.inputs, arrays, sample),
            *_buffers(self.outputs, results, sample), pool,
            ctypes.byref(error))
        if status != 0:
            raise RuntimeError(f"{self.name}: {error.text()}")


_Buffers = tuple["ctypes.Array[ctypes.c_void_p]",
                 "ctypes.Array[ctypes.c_size_t]", int]


def _buffers(tensors: tuple[Tensor, ...], arrays: list[Array],
             sample: int) -> _Buffers:
    """Addresses, lengths and number of the buffers of one sample."""
    count = len(tensors)
    sizes = [tensor.nbytes for tensor in tensors]
    addresses = [array.ctypes.data + sample * size
                 for array, size in zip(arrays, sizes)]
    return ((ctypes.c_void_p * count)(*addresses),
            (ctypes.c_size_t * count)(*sizes), count)


def _release(handle: int, pools: dict[int, int]) -> None:
    for pool in pools.values():
        runtime().quantir_pool_destroy(pool)
    runtime().quantir_unload(handle)


def load(path: str | os.PathLike[str], device: str = "cpu",
         gpu_cache: str | os.PathLike[str] | None = None) -> Model:
    """Loads a compiled model, a .so file. Loading runs code of the file.

    `device` is "cpu", "vulkan" or "vulkan:0", "vulkan:1", ... for a model that
    was compiled for GPUs too, or "auto": a GPU if there is one that computes the
    model rightly, else the CPU, with a warning. `gpu_cache` is a folder for what
    makes the next load faster, as the environment variable QUANTIR_GPU_CACHE."""
    return Model(path, device, gpu_cache)
