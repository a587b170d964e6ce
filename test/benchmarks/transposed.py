#!/usr/bin/env python3
"""Speed of transposed convolutions, int8 and fp32, beside what a user would run instead.

    test/benchmarks/transposed.py                 # every decoder, one thread
    test/benchmarks/transposed.py k4s2 --threads=1,2

A decoder takes pictures of 16x16x128 to 128x128x16 by three transposed convolutions of
stride 2, each with bias and ReLU, in alternating rounds as in models.py. Rates count the
products that the operator defines: none with a zero between inputs.
"""
import os

# Before any numeric library starts its threads.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import argparse
import functools
import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import race
import zoo

SIDE, CHANNELS = 16, (128, 64, 32, 16)
# name -> side of the filter and attributes
FORMS = {"k4s2": (4, {"pads": [1, 1, 1, 1]}),
         "k2s2": (2, {}),
         "k3s2": (3, {"pads": [1, 1, 1, 1], "output_padding": [1, 1]})}


def decoder(kernel, attributes):
    random, nodes, constants, value = np.random.default_rng(0), [], [], "x"
    for i, (before, after) in enumerate(zip(CHANNELS, CHANNELS[1:])):
        weight = random.normal(0, (8 / (kernel**2 * before)) ** 0.5,
                               (before, after, kernel, kernel))
        for name, array in ((f"w{i}", weight), (f"b{i}", random.normal(0, 0.1, after))):
            constants.append(numpy_helper.from_array(array.astype(np.float32), name))
        nodes += [helper.make_node("ConvTranspose", [value, f"w{i}", f"b{i}"], [f"c{i}"],
                                   name=f"up{i}", strides=[2, 2], **attributes),
                  helper.make_node("Relu", [f"c{i}"], [f"y{i}"], name=f"relu{i}")]
        value = f"y{i}"
    info = lambda name, channels, side: helper.make_tensor_value_info(
        name, TensorProto.FLOAT, [1, channels, side, side])
    graph = helper.make_graph(nodes, "decoder", [info("x", CHANNELS[0], SIDE)],
                              [info(value, CHANNELS[-1], SIDE * 2 ** (len(CHANNELS) - 1))],
                              constants)
    return helper.make_model(graph, ir_version=8,
                             opset_imports=[helper.make_opsetid("", 17)])


def model(name, work):
    path = work / f"decoder_{name}.onnx"
    if not path.exists():
        onnx.save(decoder(*FORMS[name]), path)

    @functools.cache
    def feeds():
        random = np.random.default_rng(1)
        return [{"x": random.standard_normal((1, CHANNELS[0], SIDE, SIDE), np.float32)}
                for _ in range(4)]

    return zoo.Model(f"decoder_{name}", path, feeds, lambda: feeds()[0])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options = race.parse_options(parser)
    results = {}
    for name in options.names or FORMS:
        for threads in options.threads:
            figures = race.measure(options, model(name, options.work), threads)
            results[f"{name} threads={threads}"] = figures
            rates = {who: figures["macs"] * 1e-6 / ms
                     for who, ms in figures["best_ms"].items()}
            print(f"{name} {threads}  GMAC/s:", ", ".join(
                f"{who} {rate:.1f}" for who, rate in rates.items()))
            print("   times as fast:", ", ".join(
                f"{ours} {rates[ours] / rate:.2f}x {who}" for ours in race.OURS
                for who, rate in rates.items()
                if ours in rates and who not in race.OURS
                and who.endswith("fp32") == ours.endswith("fp32")),
                *(f"; without {who}: {why}" for who, why in figures["missing"].items()),
                flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
