"""An artifact's program for GPUs, run through the C interface of `Runtime/Vulkan.h` with
the switches that are there for tests."""
import ctypes
import pathlib
import sys
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_int32, c_uint32, c_uint64, c_void_p

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
from quantir import _abi  # noqa: E402

# Bits of hidden_needs and of exact_constants.
DOT, F16 = 1, 2
ALL_NEEDS = DOT | F16
FMA, DIVISION, ROOT = 1, 2, 4


class NoDevice(RuntimeError):
    """There is none that Vulkan can open."""


class Code(Structure):
    _fields_ = [("first_word", c_uint32), ("num_words", c_uint32), ("needs", c_uint32)]


class Kernel(Structure):
    _fields_ = [("forms", POINTER(Code)), ("num_forms", c_uint32),
                ("num_bindings", c_uint32), ("num_push", c_uint32)]


class Dispatch(Structure):
    _fields_ = [("kernel", c_uint32), ("groups", c_uint32 * 3), ("first_binding", c_uint32),
                ("after_barrier", c_uint32), ("first_push", c_uint32)]


class Binding(Structure):
    _fields_ = [("offset", c_uint64), ("size", c_uint64), ("memory", c_uint32),
                ("written", c_uint32)]


class Program(Structure):
    _fields_ = [("kernels", POINTER(Kernel)), ("bindings", POINTER(Binding)),
                ("dispatches", POINTER(Dispatch)), ("steps", POINTER(_abi.CStep)),
                ("inputs", c_void_p), ("outputs", c_void_p), ("push", POINTER(c_uint32)),
                ("sources", c_void_p * 3),
                ("pieces", c_void_p), ("code", c_void_p),
                ("source_sizes", c_uint64 * 3), ("pieces_size", c_uint64),
                ("code_size", c_uint64),
                ("constants_size", c_uint64), ("arena_size", c_uint64),
                ("interface_size", c_uint64), ("code_words", c_uint32),
                ("num_kernels", c_uint32),
                ("num_bindings", c_uint32), ("num_dispatches", c_uint32),
                ("num_push", c_uint32), ("exact", c_uint32)]


class Options(Structure):
    _fields_ = [("cache_folder", c_char_p), ("hidden_needs", c_uint32),
                ("exact_constants", c_uint32), ("skipped_forms", c_uint32),
                ("timed", c_uint32), ("drop_barrier", c_uint32), ("staged", c_uint32),
                ("pool", c_void_p)]


class Counters(Structure):
    _fields_ = [(name, c_uint64) for name in ("submits", "recordings", "descriptor_updates",
                                              "allocations")]


def _library():
    library = _abi.runtime()
    pointers, error = POINTER(c_void_p), POINTER(_abi.CError)
    for name, result, arguments in [
            ("quantir_gpu_open", c_void_p, [c_int32, error]),
            ("quantir_gpu_close", None, [c_void_p]),
            ("quantir_gpu_name", c_char_p, [c_void_p]),
            ("quantir_gpu_record", c_void_p, [c_void_p, c_void_p, c_uint32, c_uint32,
                                              POINTER(Options), error]),
            ("quantir_gpu_free", None, [c_void_p]),
            ("quantir_gpu_run", c_int, [c_void_p, pointers, pointers, error]),
            ("quantir_gpu_count", None, [c_void_p, POINTER(Counters)])]:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class GpuProgram:
    """The program of the artifact at `path` on the best device."""

    def __init__(self, path):
        self.library, self.error = _library(), _abi.CError()
        self.model = self._made(self.library.quantir_load(
            str(path).encode(), byref(self.error)))
        self.description = self.library.quantir_model_description(self.model).contents
        if not self.description.gpu:
            raise RuntimeError(f"{path} has no program for GPUs")
        self.program = ctypes.cast(self.description.gpu, POINTER(Program)).contents
        self.gpu = self.library.quantir_gpu_open(-1, byref(self.error))
        if not self.gpu:
            raise NoDevice(self.error.text())

    def close(self):
        self.library.quantir_gpu_close(self.gpu)
        self.library.quantir_unload(self.model)

    def _made(self, handle):
        if not handle:
            raise RuntimeError(self.error.text())
        return handle

    def device(self):
        return self.library.quantir_gpu_name(self.gpu).decode()

    def barriers(self):
        """The numbers of the dispatches that one stands before."""
        return [i for i in range(self.program.num_dispatches)
                if self.program.dispatches[i].after_barrier]

    def _bindings(self, dispatch):
        d = self.program.dispatches[dispatch]
        count = self.program.kernels[d.kernel].num_bindings
        return self.program.bindings[d.first_binding:d.first_binding + count]

    def orders_a_read(self, barrier):
        """Whether a read and a write of the same memory meet at a barrier and nowhere
        else, not only two writes."""
        every = [0, *self.barriers(), self.program.num_dispatches]
        place = every.index(barrier, 1)
        return any(a.memory == b.memory and a.written != b.written
                   and a.offset < b.offset + b.size and b.offset < a.offset + a.size
                   for i in range(every[place - 1], barrier) for a in self._bindings(i)
                   for j in range(barrier, every[place + 1]) for b in self._bindings(j))

    def code_bytes(self):
        """Of all SPIR-V modules, packed and unpacked."""
        return self.program.code_size, 4 * self.program.code_words

    def count(self):
        counters = Counters()
        self.library.quantir_gpu_count(self.gpu, byref(counters))
        return {name: getattr(counters, name) for name, _ in Counters._fields_}

    def record(self, **options):
        d = self.description
        return self._made(self.library.quantir_gpu_record(
            self.gpu, d.gpu, d.num_inputs, d.num_outputs, byref(Options(**options)),
            byref(self.error)))

    def free(self, recorded):
        self.library.quantir_gpu_free(recorded)

    def run(self, recorded, feed):
        """Outputs by name of one sample, and what the run asked of the driver."""
        d = self.description
        inputs = [np.ascontiguousarray(feed[t.name.decode()], _abi.DTYPES[t.type])
                  for t in d.inputs[:d.num_inputs]]
        outputs = [np.empty(t.shape[:t.rank], _abi.DTYPES[t.type])
                   for t in d.outputs[:d.num_outputs]]

        def addresses(arrays):
            return (c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))

        before = self.count()
        if self.library.quantir_gpu_run(recorded, addresses(inputs), addresses(outputs),
                                        byref(self.error)):
            raise RuntimeError(self.error.text())
        after = self.count()
        names = [t.name.decode() for t in d.outputs[:d.num_outputs]]
        return dict(zip(names, outputs)), {name: after[name] - before[name]
                                           for name in after}
