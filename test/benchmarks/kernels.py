#!/usr/bin/env python3
"""How near large matrix products and convolutions come to the processor's peak.

    test/benchmarks/kernels.py                    # every kernel
    test/benchmarks/kernels.py gemm_128x1024x1024

A kernel is timed inside a chain: the difference between a chain of two and one of
six equal layers, a quarter of it, is what one layer costs with its bias, ReLU and
requantization, and free of the chain's float ends. The peak is measured in the same
rounds, on registers (peak.c). Both are the best that any round saw: what a busy
machine takes away is not the kernel's. A kernel passes at 90 % of the peak; the exit
status counts those that do not.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import artifact
import zoo

PASSES_AT = 0.90
SHORT, LONG = 2, 6
GEMMS = [(128, 768), (128, 1024), (384, 1536)]  # rows, columns in and out
CONVOLUTIONS = [(56, 64), (28, 128), (14, 256)]  # picture side, channels; 3x3


def gemm_layer(random, _rows, width):
    weight = random.normal(0, (2 / width) ** 0.5, (width, width))
    return "MatMul", weight, random.normal(0, 0.1, width), {}


def convolution_layer(random, _side, channels):
    weight = random.normal(0, (2 / (9 * channels)) ** 0.5, (channels, channels, 3, 3))
    return "Conv", weight, random.normal(0, 0.1, channels), {"pads": [1, 1, 1, 1]}


def chain(make_layer, sizes, shape, length):
    """An ONNX model of `length` equal layers, each with bias and ReLU."""
    random = np.random.default_rng(0)
    nodes, constants, value = [], [], "x"
    for index in range(length):
        kind, weight, bias, attributes = make_layer(random, *sizes)
        for name, array in ((f"w{index}", weight), (f"b{index}", bias)):
            constants.append(numpy_helper.from_array(array.astype(np.float32), name))
        if kind == "Conv":
            nodes.append(helper.make_node(kind, [value, f"w{index}", f"b{index}"],
                                          [f"s{index}"], name=f"layer{index}",
                                          **attributes))
        else:
            nodes.append(helper.make_node(kind, [value, f"w{index}"], [f"m{index}"],
                                          name=f"layer{index}"))
            nodes.append(helper.make_node("Add", [f"m{index}", f"b{index}"],
                                          [f"s{index}"], name=f"bias{index}"))
        nodes.append(helper.make_node("Relu", [f"s{index}"], [f"y{index}"],
                                      name=f"relu{index}"))
        value = f"y{index}"
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
               for name in ("x", value)]
    graph = helper.make_graph(nodes, "chain", tensors[:1], tensors[1:], constants)
    return helper.make_model(graph, ir_version=8,
                             opset_imports=[helper.make_opsetid("", 17)])


def kernels():
    """Name -> (layer, its sizes, shape of the activations, MACs of one layer)."""
    found = {}
    for rows, width in GEMMS:
        found[f"gemm_{rows}x{width}x{width}"] = (
            gemm_layer, (rows, width), [rows, width], rows * width * width)
    for side, channels in CONVOLUTIONS:
        found[f"conv3x3_{side}x{side}x{channels}"] = (
            convolution_layer, (side, channels), [1, channels, side, side],
            9 * channels * channels * side * side)
    return found


def compile_chain(options, name, kernel, length):
    make_layer, sizes, shape, _ = kernel
    feed = {"x": np.abs(np.random.default_rng(1).normal(size=shape)).astype(np.float32)}
    path = options.work / f"{name}_{length}.onnx"
    onnx.save(chain(make_layer, sizes, shape, length), path)
    model = zoo.Model(f"{name}_{length}", path, lambda: [feed], lambda: feed)
    return artifact.compile_model(options, model), feed


def measure(options, peak, name, kernel):
    """GMAC/s of one layer, and the peak."""
    built = [compile_chain(options, name, kernel, length) for length in (SHORT, LONG)]
    best = [float("inf")] * len(built)
    limit = 0
    for _ in range(options.rounds):
        limit = max(limit, json.loads(subprocess.check_output([peak]))["gmacs"])
        best = [min(before, artifact.latency_ms(options, library, feed, options.runs,
                                                "min"))
                for before, (library, feed) in zip(best, built)]
    layer_ms = max(best[1] - best[0], 1e-9) / (LONG - SHORT)
    return kernel[3] / layer_ms * 1e-6, limit


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--runs", type=int, default=50, help="of a chain in a round")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    peak = options.work / "peak"
    source = pathlib.Path(__file__).with_name("peak.c")
    subprocess.run(["clang-22", "-O2", source, "-o", peak], check=True)
    print(json.loads(subprocess.check_output([peak]))["instruction"])
    results, failed = {}, 0
    for name, kernel in kernels().items():
        if options.names and name not in options.names:
            continue
        rate, limit = measure(options, peak, name, kernel)
        passes = rate >= PASSES_AT * limit
        print(f"{'pass' if passes else 'FAIL'} {name:22} {rate:7.1f} GMAC/s, "
              f"{rate / limit:6.1%} of {limit:.1f}", flush=True)
        results[name] = {"gmacs": rate, "peak_gmacs": limit, "passes": passes}
        failed += not passes
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
