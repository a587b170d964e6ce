"""AMX in the code of a whole model: as assembly, and on machines that have it."""
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
import small_models

CC = next(filter(None, map(shutil.which, ["clang-22", "cc"])))
CPU = pathlib.Path("/proc/cpuinfo")
needs_tiles = pytest.mark.skipif(not CPU.exists() or " amx_int8" not in CPU.read_text(),
                                 reason="this machine lacks AMX")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiles")
    graph = small_models.convolutions()
    graph.save(folder / "model.onnx")
    np.savez(folder / "calib.npz", **graph.samples(1, seed=2))
    return folder / "model.onnx", f"--calib={folder / 'calib.npz'}"


@pytest.mark.parametrize("level", [0, 2])
def test_blocks_stay_in_registers(model, level, quant_compile, tmp_path):
    path, calibration = model
    quant_compile(path, "--quantize=w8a8", calibration, "--mcpu=sapphirerapids",
                  f"-O{level}", "--emit=asm", "-o", tmp_path / "model.s")
    lines = (tmp_path / "model.s").read_text().splitlines()
    assert any("\ttdpbusd" in line for line in lines) == (level > 0)
    assert any("amx-tile" in line for line in lines) == (level > 0)
    # A register that is put aside comes back from the stack.
    assert not [line for line in lines if "tileloadd" in line and "rsp" in line]


@pytest.mark.parametrize("cpu, asks", [("sapphirerapids", True), ("avx512vnni", False),
                                       ("avx512vnni,amx", True)])
def test_runs_ask_whether_they_may(model, cpu, asks, quant_compile, tmp_path):
    path, calibration = model
    quant_compile(path, "--quantize=w8a8", calibration, "--target=x86_64-linux-gnu",
                  f"--mcpu={cpu}", "-o", tmp_path / "model.s")
    assert ("syscall" in (tmp_path / "model.s").read_text()) == asks


PROGRAM = r"""
#include "digits.h"
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int run(void) {
  static float input[64], output[10];
  static _Alignas(digits_ARENA_ALIGNMENT) char arena[digits_ARENA_SIZE];
  const void *inputs[] = {input};
  void *outputs[] = {output};
  quantir_context context = {.inputs = inputs, .outputs = outputs, .arena = arena};
  return digits_run(&context);
}
int main(void) {
  int before = run();
  long given = syscall(SYS_arch_prctl, 0x1023, 18);
  printf("%d %ld %d %d\n", before, given, run(), run());
}
"""


@needs_tiles
@pytest.mark.parametrize("flags, before", [([], 0), (["--mcpu=host"], 1),
                                           (["--mattr=+amx-int8"], 1)])
def test_a_program_that_links_it_never_faults(digits, flags, before, quant_compile, tmp_path):
    quant_compile(digits / "digits.onnx", "--quantize=w8a8", f"--calib={digits / 'calib.npz'}",
                  *flags, "-o", tmp_path / "digits.o")
    (tmp_path / "main.c").write_text(PROGRAM)
    main = tmp_path / "main"
    subprocess.run([CC, "-D_GNU_SOURCE", f"-I{tmp_path}", tmp_path / "main.c",
                    tmp_path / "digits.o", "-o", main], check=True)
    done = subprocess.run([main], capture_output=True, text=True, check=True)
    assert done.stdout == f"{before} 0 0 0\n"


def test_blocks_are_timed(model, quant_compile, tmp_path):
    path, calibration = model
    quant_compile(path, "--quantize=w8a8", calibration, f"--tune={tmp_path / 't.json'}",
                  "--tune-time=0", "-o", tmp_path / "model.so")
    assert (tmp_path / "t.json").exists()


@needs_tiles
def test_the_same_bytes_with_and_without(model, quant_compile, quant_run, tmp_path):
    path, calibration = model
    outputs = set()
    for flags in [[], ["--mattr=-amx-tile"]]:
        quant_compile(path, "--quantize=w8a8", calibration, *flags, "-o", tmp_path / "m.so")
        quant_run(tmp_path / "m.so", f"--input={path.parent / 'calib.npz'}",
                  f"--output={tmp_path / 'out.npz'}")
        with np.load(tmp_path / "out.npz") as arrays:
            outputs.add(b"".join(array.tobytes() for array in arrays.values()))
    assert len(outputs) == 1
