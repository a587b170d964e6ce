#!/usr/bin/env python3
"""Artifacts against the interpreter, byte for byte.

    test/benchmarks/exactness.py                       # everything; takes a while
    test/benchmarks/exactness.py digits kws_dscnn --levels 2 --schemes w8a8

For each model and scheme the interpreter runs the quantized IR once; then the
model is compiled for every processor and level and run on 1 and 2 threads. A cell
of the table is the number of runs that gave the interpreter's bytes, or the runs
that did not, as level/threads. Processors that this machine cannot run are left out,
and a line says so; those of other architectures are emulated, on one thread. The exit
status is 1 when anything differs or fails.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

import artifact
import bare
import zoo

# --mcpu, and what a machine needs to run its code. Kernels differ by these.
PROCESSORS = {
    "cooperlake": {"avx512bw", "avx512vl", "avx512dq", "avx512_vnni", "avx512_bf16"},
    "cascadelake": {"avx512bw", "avx512vl", "avx512dq", "avx512_vnni"},
    "skylake-avx512": {"avx512bw", "avx512vl", "avx512dq"},
    "alderlake": {"avx2", "fma", "avx_vnni", "gfni", "vaes"},
    "haswell": {"avx2", "fma", "bmi2"},
    "nehalem": {"sse4_2", "popcnt"},
    "x86-64": set(),
}
# The same for AArch64: qemu's model of a processor with just those features.
TRIPLE = "aarch64-linux-gnu"
EMULATED = {
    "cortex-a53": "cortex-a53",  # NEON alone
    "cortex-a76": "cortex-a76",  # dot products, f16
    "neoverse-v1": "max",  # i8mm and bf16 as well
}
# And of targets that have no rows of their own: the triple, and qemu's model.
PORTABLE = {
    "riscv64": ("riscv64-linux-gnu", "rv64"),
    "armv7": ("armv7-linux-gnueabihf", "max"),
    "wasm32": ("wasm32-unknown-unknown", ""),  # node's
}
THREADS = (1, 2)
CALIBRATION_SAMPLES = 16  # enough for scales of the right size


def emulation(processor):
    """How code for `processor` is compiled, its triple, and the emulator's model of it;
    None where it runs as it is."""
    if processor in EMULATED:
        return ([f"--target={TRIPLE}", f"--mcpu={processor}"], TRIPLE, EMULATED[processor])
    if processor in PORTABLE:
        triple, model = PORTABLE[processor]
        return [f"--target={triple}"], triple, model
    return None


def lacking(processor):
    """What this machine lacks to run code for `processor`."""
    if emulated := emulation(processor):
        return set() if bare.emulator(emulated[1]) else {"an emulator", "clang"}
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.exists() else ""
    features = {word for line in text.splitlines() if line.startswith("flags")
                for word in line.split(":")[1].split()}
    return PROCESSORS[processor] - features


def differences(expected, actual):
    """Names of the arrays whose bytes differ; any NaN is as good as another."""
    def same(a, b):
        if a is None or b is None or a.dtype != b.dtype or a.shape != b.shape:
            return False
        if a.dtype.kind == "f":
            a, b = (np.where(np.isnan(x), np.float32(np.nan), x) for x in (a, b))
        return a.tobytes() == b.tobytes()

    return [name for name in sorted(expected.keys() | actual.keys())
            if not same(expected.get(name), actual.get(name))]


class Case:
    """A model in one scheme, and what the interpreter computes."""

    def __init__(self, options, model, scheme):
        self.options, self.model = options, model.path
        self.stem = options.work / f"exact_{model.name}_{scheme}"
        # The same codes for every processor.
        self.flags = [*artifact.SCHEMES[scheme], "--never-slower=no", *model.shape_options()]
        self.input = self.file(".in.npz")
        feeds = model.calibration()
        zoo.save_samples(feeds[:options.samples], self.input)
        self.samples = len(feeds[:options.samples])
        if scheme not in artifact.FLOAT_SCHEMES:
            self.calibrate(feeds[:CALIBRATION_SAMPLES])
        module, output = self.file(".mlir"), self.file(".expected.npz")
        self.compile("--compile-to=quantize", "-o", module)
        self.call("quant-opt", module, "-o", "/dev/null",
                  f"--quantir-interpret=input={self.input} output={output}")
        self.expected = dict(np.load(output))
        module.unlink()  # of a large model it is large

    def file(self, suffix):
        return self.stem.with_name(self.stem.name + suffix)

    def call(self, program, *arguments):
        done = subprocess.run([self.options.bin / program, *arguments],
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "error" in line]
            print("\n" + "\n".join(errors[:3] or [done.stderr]), file=sys.stderr)
            done.check_returncode()

    def compile(self, *arguments):
        self.call("quant-compile", self.model, *self.flags, *arguments)

    def calibrate(self, feeds):
        """Once; every compilation starts from the statistics."""
        samples, statistics = self.file(".calib.npz"), self.file(".stats")
        zoo.save_samples(feeds, samples)
        self.compile(f"--calib={samples}", f"--calib-stats-out={statistics}",
                     "--compile-to=quantize", "-o", "/dev/null")
        self.flags.append(f"--calib-stats-in={statistics}")

    def same_by_emulator(self, processor, level):
        """Whether the emulator's outputs are the interpreter's."""
        flags, triple, model = emulation(processor)
        with tempfile.TemporaryDirectory(dir=self.options.work) as folder:
            folder = pathlib.Path(folder)
            self.compile(*flags, f"-O{level}", "-o", folder / bare.file(triple))
            inputs = _ordered(np.load(self.input), zoo.graph_inputs(self.model))
            expected = _ordered(self.expected, zoo.graph_outputs(self.model))
            actual = bare.run(bare.link(folder, triple), triple, model, inputs, expected,
                              self.samples)
        return not differences(expected, actual)

    def wrong_runs(self, processor, level):
        """`level/threads` of the runs that do not give the interpreter's bytes."""
        if emulation(processor):
            return [] if self.same_by_emulator(processor, level) else [f"{level}/1"]
        library, output = self.file(".so"), self.file(".out.npz")
        self.compile(f"--mcpu={processor}", f"-O{level}", "-o", library)
        wrong = []
        for threads in THREADS:
            self.call("quant-run", library, f"--input={self.input}",
                      f"--output={output}", f"--num_threads={threads}")
            if differences(self.expected, dict(np.load(output))):
                wrong.append(f"{level}/{threads}")
        return wrong


def _ordered(arrays, tensors):
    """The arrays of the graph's `tensors` that hold something."""
    return {tensor.name: arrays[tensor.name] for tensor in tensors if tensor.name in arrays}


def check(case, processor, levels):
    """The table's cell, and whether all is well."""
    wrong = []
    for level in levels:
        try:
            wrong += case.wrong_runs(processor, level)
        except subprocess.CalledProcessError as error:
            wrong.append(f"{level}/failed:{error.returncode}")
    runs = len(levels) * (1 if emulation(processor) else len(THREADS))
    return ",".join(wrong) or f"{runs} same", not wrong


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--schemes", nargs="+", default=list(artifact.SCHEMES),
                        choices=artifact.SCHEMES)
    parser.add_argument("--levels", nargs="+", type=int, default=[0, 1, 2, 3])
    parser.add_argument("--processors", nargs="+", metavar="CPU",
                        default=[*PROCESSORS, *EMULATED, *PORTABLE],
                        choices=[*PROCESSORS, *EMULATED, *PORTABLE])
    parser.add_argument("--samples", type=int, default=2)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    processors = []
    for processor in options.processors:
        if missing := lacking(processor):
            print(f"{processor}: left out, this machine lacks {sorted(missing)}")
        else:
            processors.append(processor)
    print(f"{'':36}" + "".join(f"{name:>16}" for name in processors) + "  seconds")
    all_well = True
    for model in zoo.models(options, zoo.ALL):
        for scheme in options.schemes:
            start = time.monotonic()
            print(f"{model.name + ' ' + scheme:36}", end="", flush=True)
            try:
                case = Case(options, model, scheme)
            except subprocess.CalledProcessError as error:
                print(f"  failed: {error}")
                all_well = False
                continue
            for processor in processors:
                cell, well = check(case, processor, options.levels)
                all_well &= well
                print(f"{cell:>16}", end="", flush=True)
            print(f"{time.monotonic() - start:9.0f}", flush=True)
    sys.exit(not all_well)


if __name__ == "__main__":
    main()
