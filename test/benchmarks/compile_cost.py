#!/usr/bin/env python3
"""What quantizing and compiling a model costs, beside what a user would run instead.

    test/benchmarks/compile_cost.py               # those of architectures.py
    test/benchmarks/compile_cost.py --growth      # mobilenet_v1_075, 64 and 640 samples

Of each model are printed, for 64 calibration samples, wall time and peak memory of
quant-compile up to quantization, of ONNX Runtime's static quantization and of NNCF's, all
without what Python's imports take; then processor time, wall time and peak memory of
compiling from the statistics so found. Processes run one after the other, `--rounds`
times in turn; the best is printed. --growth passes when a whole compilation with 64
samples takes under 20 s and 1 GB, and with 640 samples is within 5 % of that memory.
"""
import argparse
import collections.abc
import dataclasses
import importlib
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import architectures
import peers
import race
import zoo

SAMPLES = 64
SECONDS, BYTES, GROWTH = 20, 1e9, 1.05
# Seconds and MiB of calibration and quantization; processor seconds of each compilation.
ASKED_QUANTIZE = {"minilm_l6_128": (2.5, 250), "mobilenet_v2_224": (1.0, 150)}
ASKED_COMPILE = 5


class Samples(collections.abc.Sequence):
    """`count` samples: the model's own, then the same a little darker each time round."""

    def __init__(self, model, count):
        self.feeds, self.count = model.calibration(), count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if not 0 <= index < self.count:
            raise IndexError(index)
        turn, index = divmod(index, len(self.feeds))
        return {name: array * array.dtype.type(1 - 0.01 * turn)
                if turn and array.dtype.kind == "f" else array
                for name, array in self.feeds[index].items()}


# A process's peak counts that of the one that started it: a small one does.
STARTER = """
import json, os, sys, time
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(json.dumps({"seconds": time.perf_counter() - start,
                  "processor_seconds": usage.ru_utime + usage.ru_stime,
                  "mib": usage.ru_maxrss / 1024}))
sys.exit(status != 0)
"""


def run(command):
    """Wall seconds, processor seconds, peak MiB and output of a process."""
    done = subprocess.run([sys.executable, "-c", STARTER, *map(str, command)],
                          capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()[-300:]}")
    output, _, figures = done.stdout.rstrip().rpartition("\n")
    return {**json.loads(figures), "output": output}


def itself(options, model, *arguments):
    return [sys.executable, __file__, model.name, "--work", options.work,
            "--models", options.models or "", *(["--minilm", options.minilm]
                                                if options.minilm else []), *arguments]


def saved_samples(options, model, count):
    """The path of `count` samples, written by a process of its own."""
    path = options.work / f"{model.name}_{count}.npz"
    run(itself(options, model, "--prepare", count, path))
    return path


def quantize_here(model, peer, count):
    """Prints the seconds that a peer's quantization takes in this process."""
    kind = peers.installed_peers()[peer]
    again = dataclasses.replace(model, calibration=lambda: Samples(model, count))
    with tempfile.TemporaryDirectory() as folder, peers.silence():
        importlib.import_module(kind.quantizer)
        peers.fix_shapes(again, pathlib.Path(folder))
        start = time.perf_counter()
        kind.file(again, pathlib.Path(folder))
        seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds}))


def costs(options, model):
    """What costs -> seconds, processor seconds and MiB; texts for failures."""
    samples = saved_samples(options, model, SAMPLES)
    statistics = options.work / f"{model.name}.stats"
    compiler = [options.bin / "quant-compile", model.path, *model.shape_options(),
                "--quantize=w8a8"]
    commands = {
        "quantize": [*compiler, f"--calib={samples}", f"--calib-stats-out={statistics}",
                     "--compile-to=quantize", "-o", options.work / "quantized.mlirbc"],
        "compile": [*compiler, f"--calib-stats-in={statistics}", "-O2", "-o",
                    options.work / f"{model.name}_cost.so"]}
    commands |= {f"quantize by {peer}": itself(options, model, "--quantize", peer)
                 for peer in ("ort_int8", "ov_int8") if peer in options.peer_classes}
    found = {}
    with race.first_in_line(options.first):
        for _ in range(options.rounds):
            for what, command in commands.items():
                try:
                    figures = run(command)
                except RuntimeError as error:
                    found[what] = str(error)
                    continue
                output = figures.pop("output")
                if "by" in what:
                    figures["seconds"] = json.loads(output.splitlines()[-1])["seconds"]
                before = found.get(what, figures)
                found[what] = {key: min(before[key], figures[key]) for key in figures}
    samples.unlink()
    return found


def print_costs(name, found):
    asked = {"quantize": ASKED_QUANTIZE.get(name, (math.inf, math.inf)),
             "compile": (ASKED_COMPILE, math.inf)}
    for what, figures in found.items():
        if isinstance(figures, str):
            print(f"{name:18} {what:22} failed: {figures}")
            continue
        seconds, mib = asked.get(what, (math.inf, math.inf))
        spent = figures["processor_seconds" if what == "compile" else "seconds"]
        above = spent > seconds or figures["mib"] > mib
        print(f"{name:18} {what:22}{figures['seconds']:7.2f} s, processor "
              f"{figures['processor_seconds']:6.2f} s, {figures['mib']:6.0f} MiB"
              + (f"  asked {seconds} s" if seconds < math.inf else "")
              + (f", {mib} MiB" if mib < math.inf else "")
              + (" ABOVE" if above else ""), flush=True)


def growth(options, model):
    """A whole compilation with 64 samples and with 640, and whether it passes."""
    few, many = ({key: figure for key, figure in run(
        [options.bin / "quant-compile", model.path, "--quantize=w8a8",
         f"--calib={saved_samples(options, model, count)}", *model.shape_options(), "-o",
         options.work / f"{model.name}_cost.so"]).items() if key != "output"}
        for count in (SAMPLES, 10 * SAMPLES))
    passes = (few["seconds"] < SECONDS and few["mib"] * 2**20 < BYTES
              and many["mib"] < few["mib"] * GROWTH)
    print(f"{'pass' if passes else 'FAIL'} {model.name}: 64 samples "
          f"{few['seconds']:.1f} s {few['mib']:.0f} MiB, 640 samples "
          f"{many['seconds']:.1f} s {many['mib']:.0f} MiB "
          f"({many['mib'] / few['mib'] - 1:+.1%})")
    return {"samples_64": few, "samples_640": many, "passes": passes}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--growth", action="store_true", help="only the check of memory")
    parser.add_argument("--prepare", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--quantize", help=argparse.SUPPRESS)
    parser.set_defaults(rounds=2)
    options = race.parse_options(parser)
    wanted = ["mobilenet_v1_075"] if options.growth else list(architectures.BUILDERS)
    results = {}
    for model in zoo.models(options, wanted):
        if options.prepare:
            zoo.save_samples(Samples(model, int(options.prepare[0])), options.prepare[1])
        elif options.quantize:
            quantize_here(model, options.quantize, SAMPLES)
        elif options.growth:
            results[model.name] = growth(options, model)
        else:
            results[model.name] = costs(options, model)
            print_costs(model.name, results[model.name])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(sum(not found.get("passes", True) for found in results.values()))


if __name__ == "__main__":
    main()
