"""Whole models for AArch64, run by qemu without any library, compute the interpreter's
bytes."""
import shutil
import subprocess

import numpy as np
import pytest
import small_models
from artifact import FLOAT_SCHEMES
from exactness import differences

QEMU = shutil.which("qemu-aarch64-static")
CLANG = shutil.which("clang-22") or shutil.which("clang")
pytestmark = pytest.mark.skipif(not QEMU or not CLANG,
                                reason="needs qemu-aarch64-static and clang")

# Inputs from standard input, outputs to standard output.
PROGRAM = r"""
#include "model.h"
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n) {
  for (size_t i = 0; i < n; ++i) ((char *)to)[i] = ((const char *)from)[i];
  return to;
}
void *memmove(void *to, const void *from, size_t n) {
  if (to <= from) return memcpy(to, from, n);
  while (n--) ((char *)to)[n] = ((const char *)from)[n];
  return to;
}
void *memset(void *to, int value, size_t n) {
  for (size_t i = 0; i < n; ++i) ((char *)to)[i] = (char)value;
  return to;
}

static long call(long number, long a, void *b, long c) {
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x2 __asm__("x2") = c;
  register void *x1 __asm__("x1") = b;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}
enum { READ = 63, WRITE = 64, EXIT = 93 };

static long bytes(const quantir_tensor *tensor) {
  long size = tensor->type == QUANTIR_I64 ? 8 : 4; /* no others here */
  for (int i = 0; i < tensor->rank; ++i) size *= tensor->shape[i];
  return size;
}
static void all(long number, long file, char *data, long size) {
  while (size > 0) {
    long done = call(number, file, data, size);
    if (done <= 0) call(EXIT, 2, 0, 0);
    data += done;
    size -= done;
  }
}

static _Alignas(64) char memory[1 << 22];
static _Alignas(model_ARENA_ALIGNMENT) char arena[model_ARENA_SIZE];

void _start(void) {
  const quantir_description *d = &model_description;
  const void *inputs[64];
  void *outputs[64];
  char *next = memory;
  for (unsigned i = 0; i < d->num_inputs; ++i) {
    inputs[i] = next;
    all(READ, 0, next, bytes(&d->inputs[i]));
    next += (bytes(&d->inputs[i]) + 63) / 64 * 64;
  }
  for (unsigned i = 0; i < d->num_outputs; ++i) {
    outputs[i] = next;
    next += (bytes(&d->outputs[i]) + 63) / 64 * 64;
  }
  quantir_context context = {inputs, outputs, arena, 0, 0, 0, 0, 0};
  long status = model_run(&context);
  for (unsigned i = 0; i < d->num_outputs; ++i)
    all(WRITE, 1, outputs[i], bytes(&d->outputs[i]));
  call(EXIT, status, 0, 0);
}
"""


@pytest.mark.parametrize("name, scheme", [
    ("convolutions", "w8a8"), ("convolutions", "bf16"), ("products", "none"),
    ("products", "bf16"), ("products", "fp16")])
def test_same_bytes(name, scheme, quant_compile, quant_opt, tmp_path):
    graph = small_models.ALL[name]()
    graph.save(tmp_path / "model.onnx")
    sample = graph.samples(1, seed=1)
    np.savez(tmp_path / "in.npz", **sample)
    flags = [f"--quantize={scheme}"]
    if scheme not in FLOAT_SCHEMES:
        np.savez(tmp_path / "calib.npz", **graph.samples(4, seed=2))
        flags.append(f"--calib={tmp_path / 'calib.npz'}")
    quant_compile(tmp_path / "model.onnx", *flags, "--compile-to=quantize", "-o",
                  tmp_path / "model.mlir")
    quant_opt(tmp_path / "model.mlir", "-o", tmp_path / "unused.mlir",
              f"--quantir-interpret=input={tmp_path / 'in.npz'} "
              f"output={tmp_path / 'out.npz'}")
    expected = dict(np.load(tmp_path / "out.npz"))
    quant_compile(tmp_path / "model.onnx", *flags, "--target=aarch64-linux-gnu", "-o",
                  tmp_path / "model.o")
    (tmp_path / "main.c").write_text(PROGRAM)
    subprocess.run([CLANG, "--target=aarch64-linux-gnu", "-O1", "-ffreestanding",
                    "-fno-builtin", "-nostdlib", "-static", "-fuse-ld=lld",
                    "-fno-stack-protector", "main.c", "model.o", "-o", "model"],
                   cwd=tmp_path, check=True)
    data = b"".join(sample[name].tobytes() for name in graph.inputs)
    done = subprocess.run([QEMU, tmp_path / "model"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout
    actual, at = {}, 0
    for output in graph.outputs:
        wanted = expected[output]
        actual[output] = np.frombuffer(done, wanted.dtype, wanted.size, at).reshape(
            wanted.shape)
        at += wanted.nbytes
    assert at == len(done)
    assert differences(expected, actual) == []
