#!/usr/bin/env python3
"""Speed of int8 matrix products of many sizes, beside what a user would run instead.

    test/benchmarks/matmuls.py                        # every size, one thread
    test/benchmarks/matmuls.py 1x384x1536 --threads=1,2

A size MxKxN is timed inside a model that multiplies M rows by matrices KxN and NxK in
turn, enough of them to spread what a call costs, in alternating rounds as in models.py;
figures are means of the two. ONNX Runtime's MatMulInteger, which has no quantization to
do between products, multiplies the same rows by all matrices KxN. The goal is what was
asked on a Zen 4 core, as a share of its peak of 234.7 GMAC/s.
"""
import os

# Before any numeric library starts its threads.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import argparse
import dataclasses
import functools
import json
import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import race
import zoo
from peer_onnxruntime import OrtFloat

LAYERS = ((384, 384), (384, 1536), (768, 3072))
SIZES = [(m, k, n) for k, n in LAYERS for m in (1, 8, 32, 128, 512)]
ODD = [(128, 64, 128), (197, 192, 576), (197, 192, 768), (33, 387, 1001), (32, 384, 1000),
       (17, 100, 100), (16, 96, 96), (196, 27, 32)]
ASKED_PEAK = 234.7  # GMAC/s of the core for which the goals are
ASKED_ODD = 1.1  # of the best peer


def asked_share(m, k, n):
    """The share of the peak that is asked of a size, or None."""
    if (m, k, n) in ODD:
        return 150 / ASKED_PEAK if m * k * n < 1e6 else None
    gmacs = {1: 85, 8: 200, 32: 207}.get(m, 206 if min(k, n) == 384 else 216)
    return gmacs / ASKED_PEAK


def count_of_products(m, k, n):
    """Even, some 32 million multiply-accumulates, 12 MiB of weights at most."""
    wanted = min(32e6 / (m * k * n), 12 * 2**20 / (k * n), 32)
    return 2 * max(1, math.ceil(wanted / 2))


def chain(m, k, n):
    """x of MxK times KxN, times NxK, and so on; values keep their variance."""
    random, nodes, constants, value = np.random.default_rng(0), [], [], "x"
    for index in range(count_of_products(m, k, n)):
        rows, columns = (k, n) if index % 2 == 0 else (n, k)
        weight = random.normal(0, rows ** -0.5, (rows, columns)).astype(np.float32)
        constants.append(numpy_helper.from_array(weight, f"w{index}"))
        nodes.append(helper.make_node("MatMul", [value, f"w{index}"], [f"y{index}"],
                                      name=f"product{index}"))
        value = f"y{index}"
    return _model(nodes, constants, TensorProto.FLOAT, m, k,
                  {value: (TensorProto.FLOAT, k)})


def integer_products(m, k, n):
    """The codes x times as many matrices KxN, by MatMulInteger."""
    random, nodes, constants, outputs = np.random.default_rng(0), [], [], {}
    for index in range(count_of_products(m, k, n)):
        codes = random.integers(-127, 128, (k, n), np.int8)
        constants.append(numpy_helper.from_array(codes, f"w{index}"))
        nodes.append(helper.make_node("MatMulInteger", ["x", f"w{index}"], [f"y{index}"]))
        outputs[f"y{index}"] = TensorProto.INT32, n
    return _model(nodes, constants, TensorProto.UINT8, m, k, outputs)


def _model(nodes, constants, kind, m, k, outputs):
    graph = helper.make_graph(
        nodes, "products", [helper.make_tensor_value_info("x", kind, [m, k])],
        [helper.make_tensor_value_info(name, output, [m, columns])
         for name, (output, columns) in outputs.items()], constants)
    return helper.make_model(graph, ir_version=8,
                             opset_imports=[helper.make_opsetid("", 17)])


@dataclasses.dataclass
class Product:
    """One size as a model; `size` is M, K and N."""
    size: tuple

    def model(self, work):
        name = "gemm_" + "x".join(map(str, self.size))
        path = work / f"{name}.onnx"
        if not path.exists():
            onnx.save(chain(*self.size), path)

        @functools.cache
        def feeds():
            random, (m, k, _) = np.random.default_rng(1), self.size
            return [{"x": random.standard_normal((m, k), np.float32)}]

        return zoo.Model(name, path, feeds, lambda: feeds()[0], task=self)


class OrtMatMulInteger(OrtFloat):
    @classmethod
    def of(cls, model, work, threads=1):
        m, k, n = model.task.size
        path = work / f"{model.name}_integer.onnx"
        onnx.save(integer_products(m, k, n), path)
        codes = np.random.default_rng(1).integers(0, 256, (m, k), np.uint8)
        return cls(path, {"x": codes}, threads)


def print_row(name, figures):
    best, rate = figures["best_ms"], figures["macs"] * 1e-6
    others = {peer: ms for peer, ms in best.items() if peer not in race.OURS}
    cells = [f"{name:14} {figures['threads']}"]
    if "quantir" in best:
        cells.append(f"{rate / best['quantir']:7.1f} GMAC/s {figures['share_of_peak']:6.1%}")
    if figures["asked_share"]:
        cells.append(f"asked {figures['asked_share']:4.0%}")
    if "ratio" in figures:
        below = " BELOW" if figures["asked_ratio"] > figures["ratio"] else ""
        cells.append(f"{figures['ratio']:5.2f}x{below} of " + ", ".join(
            f"{peer} {rate / ms:.1f}"
            for peer, ms in sorted(others.items(), key=lambda item: item[1])))
    print("  ".join(cells), *(f"; without {peer}: {reason}"
                              for peer, reason in figures["missing"].items()), flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options = race.parse_options(parser)
    wanted = ("ort_int8", "ov_int8", "litert_int8")
    options.peer_classes = {"ort_matmul_integer": OrtMatMulInteger} | {
        name: peer for name, peer in options.peer_classes.items() if name in wanted}
    options.only = options.only or ",".join(["quantir", *options.peer_classes])
    print("size, threads, ours, share of the peak; ratio over the best of the peers' GMAC/s")
    results = {}
    for size in SIZES + ODD:
        name = "x".join(map(str, size))
        if options.names and name not in options.names:
            continue
        for threads in options.threads:
            figures = race.measure(options, Product(size).model(options.work), threads)
            figures["asked_share"] = asked_share(*size)
            figures["asked_ratio"] = ASKED_ODD if size in ODD else 1.0
            results[f"{name} threads={threads}"] = figures
            print_row(name, figures)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
