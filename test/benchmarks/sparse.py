#!/usr/bin/env python3
"""What zeros in weights save: the same matrix products with dense and pruned weights.

    test/benchmarks/sparse.py                     # every shape
    test/benchmarks/sparse.py gemm_1x1024x1024

Blocks of `--block` inputs by outputs are zero, chosen at random, or two of every four
neighbouring inputs ("2:4"). A layer's time is the difference between chains of two and
of six layers, as in kernels.py; all patterns of a shape are timed in the same rounds,
best of each. `model` is the share of the dense kernel's work that the compiler's remark
promises, `size` the share of its library.
"""
import argparse
import json
import re
import subprocess

import numpy as np

import artifact
import kernels
import zoo

SHAPES = [(1, 1024), (1, 2048), (16, 1024), (128, 1024)]  # rows, columns in and out
PATTERNS = ["dense", "50 %", "75 %", "90 %", "2:4"]


def keep(random, pattern, shape, block):
    """Which weights of [inputs, outputs] stay."""
    if pattern == "dense":
        return np.ones(shape, bool)
    if pattern == "2:4":
        order = random.random((shape[0] // 4, 4, shape[1])).argsort(1)
        return (order < 2).reshape(shape)
    share = float(pattern.split()[0]) / 100
    blocks = random.random((shape[0] // block[0], shape[1] // block[1])) >= share
    return np.kron(blocks, np.ones(block, bool))


def pruned_layer(pattern, block):
    def layer(random, rows, width):
        kind, weight, bias, attributes = kernels.gemm_layer(random, rows, width)
        kept = keep(random, pattern, weight.shape, block)
        return kind, weight * kept / kept.mean() ** 0.5, bias, attributes
    return layer


def promised(options, name, kernel):
    """The work that the remarks of a compilation promise, as a share of the dense."""
    path = options.work / f"{name}_{kernels.LONG}.onnx"
    calibration = options.work / f"{name}_{kernels.LONG}_calib.npz"
    said = subprocess.run(
        [options.bin / "quant-compile", path, "--quantize=w8a8", f"--calib={calibration}",
         "-Rpass=quantir-lower", "-o", options.work / "remarks.so"],
        capture_output=True, text=True).stderr
    shares = [int(share) for share in re.findall(r"the work is (\d+) %", said)]
    return np.mean(shares) / 100 if shares else 1


def measure(options, rows, width):
    """Pattern -> figures of one layer."""
    shape = [rows, width]
    built = {}
    for pattern in PATTERNS:
        name = f"gemm_{rows}x{width}x{width}_{re.sub(r'[^0-9a-z]', '', pattern)}"
        kernel = (pruned_layer(pattern, options.block), (rows, width), shape, None)
        chains = [kernels.compile_chain(options, name, kernel, length)
                  for length in (kernels.SHORT, kernels.LONG)]
        built[pattern] = (chains, promised(options, name, kernel))
    best = {pattern: [float("inf")] * 2 for pattern in PATTERNS}
    for _ in range(options.rounds):
        for pattern, (chains, _share) in built.items():
            for i, (library, feed) in enumerate(chains):
                taken = artifact.latency_ms(options, library, feed, options.runs, "min")
                best[pattern][i] = min(best[pattern][i], taken)
    figures = {}
    for pattern, (chains, share) in built.items():
        short, long = best[pattern]
        sizes = [library.stat().st_size for library, _feed in chains]
        figures[pattern] = {
            "us": max(long - short, 1e-9) * 1e3 / (kernels.LONG - kernels.SHORT),
            "bytes": (sizes[1] - sizes[0]) / (kernels.LONG - kernels.SHORT),
            "model": share}
    return figures


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=50, help="of a chain in a round")
    parser.add_argument("--block", type=lambda text: tuple(map(int, text.split("x"))),
                        default=(4, 16), help="inputs x outputs of a block, as 4x16")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    results = {}
    for rows, width in SHAPES:
        name = f"gemm_{rows}x{width}x{width}"
        if options.names and name not in options.names:
            continue
        figures = results[name] = measure(options, rows, width)
        dense = figures["dense"]
        for pattern, each in figures.items():
            print(f"{name:20} {pattern:6} {each['us']:8.2f} us, "
                  f"{dense['us'] / each['us']:5.2f} x, model {each['model']:4.0%}, "
                  f"size {each['bytes'] / dense['bytes']:4.0%}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
