#!/usr/bin/env python3
"""Attention on one thread: our fused int8 kernel beside the best forms of others.

    test/benchmarks/attention.py                        # speed: 12 heads, all sizes
    test/benchmarks/attention.py 128x32 --json a.json   # keys x head size
    test/benchmarks/attention.py --accuracy             # SQNR on synthetic data
    test/benchmarks/attention.py --accuracy --scheme integer

Queries, keys and values are inputs in f32, [1, sequence, heads * size], and so is the
result. ONNX Runtime runs the plain graph, MultiHeadAttention (its fused kernel) and a
static QDQ graph; OpenVINO ScaledDotProductAttention in f32 and in bf16, and the plain
graph quantized by NNCF. Rounds alternate over the competitors; a figure is the processor
time of a run (what a busy machine takes away is not the kernel's) in the best round, and
a ratio over 1 says how many times faster the artifact is. SQNR is against softmax(Q K^T / sqrt(size)) V in double.
"""
import os

# Before any numeric library starts its threads.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import argparse
import dataclasses
import json
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import artifact
import peers
import zoo
from peer_onnxruntime import OrtFloat, OrtInt8

HEADS = 12
SIZES = [(128, 32), (512, 32), (2048, 32), (128, 64), (512, 64), (2048, 64)]
# The synthetic cases: one head of 128; the SQNR in dB that each must reach.
DEPTH, QUERIES = 128, 64
ACCURACY = {197: 33.0, 1024: 31.0, 4096: 29.0}
BIAS_SIGMA = 4.0


@dataclasses.dataclass
class Shape:
    queries: int
    keys: int
    heads: int
    size: int

    def name(self):
        return f"{self.keys}x{self.size}"

    def widths(self):
        return {"q": self.queries, "k": self.keys, "v": self.keys}


def plain_nodes(shape):
    """The subgraph that exporters write."""
    constants = {"scale": np.float32(shape.size ** -0.5),
                 "joined": np.array([1, shape.queries, -1], np.int64),
                 "split": np.array([1, -1, shape.heads, shape.size], np.int64)}
    nodes = []
    for name, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        nodes += [("Reshape", [name, "split"], f"{name}4", {}),
                  ("Transpose", [f"{name}4"], f"{name}h", {"perm": order})]
    nodes += [("MatMul", ["qh", "kh"], "products", {}),
              ("Mul", ["products", "scale"], "scores", {}),
              ("Softmax", ["scores"], "weights", {"axis": -1}),
              ("MatMul", ["weights", "vh"], "heads", {}),
              ("Transpose", ["heads"], "rows", {"perm": [0, 2, 1, 3]}),
              ("Reshape", ["rows", "joined"], "y", {})]
    return [helper.make_node(kind, inputs, [output], name=output, **attributes)
            for kind, inputs, output, attributes in nodes], constants


def fused_nodes(shape):
    return [helper.make_node("MultiHeadAttention", ["q", "k", "v"], ["y"], name="y",
                             domain="com.microsoft", num_heads=shape.heads)], {}


def save_graph(shape, nodes_of, path):
    nodes, constants = nodes_of(shape)
    width = shape.heads * shape.size
    graph = helper.make_graph(
        nodes, "attention",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, rows, width])
         for name, rows in shape.widths().items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT,
                                       [1, shape.queries, width])],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    domains = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=domains), path)
    return path


def samples(shape, count, seed, bias=None):
    """Normal queries, keys and values; `bias` is added to the channels of all keys."""
    random = np.random.default_rng(seed)
    width = shape.heads * shape.size
    feeds = []
    for _ in range(count):
        feed = {name: random.normal(size=(1, rows, width)).astype(np.float32)
                for name, rows in shape.widths().items()}
        if bias is not None:
            feed["k"] += bias
        feeds.append(feed)
    return feeds


def make_model(options, shape, bias=None):
    suffix = "" if bias is None else "_biased"
    path = options.work / f"attention_{shape.queries}_{shape.name()}{suffix}.onnx"
    feeds = samples(shape, 4, 1, bias)
    return zoo.Model(path.stem, save_graph(shape, plain_nodes, path), lambda: feeds,
                     lambda: samples(shape, 1, 2, bias)[0])


def exact(shape, feed):
    def heads(name):
        rows = feed[name].astype(np.float64).reshape(-1, shape.heads, shape.size)
        return rows.transpose(1, 0, 2)

    scores = heads("q") @ heads("k").transpose(0, 2, 1) * shape.size ** -0.5
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    result = weights @ heads("v") / weights.sum(-1, keepdims=True)
    return result.transpose(1, 0, 2).reshape(1, shape.queries, -1)


def sqnr(expected, actual):
    return 10 * np.log10((expected ** 2).sum() / ((expected - actual) ** 2).sum())


def artifact_sqnr(options, library, model, shape):
    runner = artifact.Runner(options, library, model)
    feed = model.sample()
    return float(sqnr(exact(shape, feed), runner(feed)[0]))


def arena_bytes(options, library):
    text = subprocess.check_output([options.bin / "quant-run", library], text=True)
    return int(re.search(r"arena (\d+) bytes", text)[1])


class OrtFused(OrtFloat):
    """MultiHeadAttention of com.microsoft."""

    @staticmethod
    def file(model, work):
        return save_graph(model.task, fused_nodes, work / f"{model.name}_fused.onnx")


class OpenVinoFused:
    """ScaledDotProductAttention, its products in `precision`."""

    def __init__(self, model, precision):
        import openvino
        from openvino import opset13 as ops
        shape = model.task
        inputs, heads = [], []
        for name, rows in shape.widths().items():
            inputs.append(ops.parameter([1, rows, shape.heads * shape.size],
                                        np.float32, name=name))
            split = ops.reshape(inputs[-1], [1, rows, shape.heads, shape.size], False)
            heads.append(ops.transpose(split, [0, 2, 1, 3]))
        result = ops.scaled_dot_product_attention(*heads)
        result = ops.reshape(ops.transpose(result, [0, 2, 1, 3]),
                             [1, shape.queries, shape.heads * shape.size], False)
        compiled = openvino.Core().compile_model(
            openvino.Model([result], inputs), "CPU",
            {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1,
             "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision})
        self.request = compiled.create_infer_request()
        sample = model.sample()
        for port, name in zip(compiled.inputs, shape.widths()):
            self.request.set_tensor(port, openvino.Tensor(sample[name]))

    def run(self):
        self.request.infer()


def peer_ms(peer, seconds):
    """Processor time of one of the runs that fit into `seconds`, at least three."""
    runs, start, end = 0, time.process_time(), time.perf_counter() + seconds
    while runs < 3 or time.perf_counter() < end:
        peer.run()
        runs += 1
    return (time.process_time() - start) / runs * 1e3


class Artifact:
    """Runs an artifact in quant-run, and tells processor time of its runs."""

    def __init__(self, options, library, sample):
        self.command = [options.bin / "quant-run", library, "--benchmark",
                        "--num_threads=1", "--warmup_runs=1"]
        self.folder = tempfile.TemporaryDirectory()
        source = pathlib.Path(self.folder.name) / "in.npz"
        np.savez(source, **sample)
        self.command.append(f"--input={source}")
        self.runs = 10

    def _seconds(self, runs):
        def spent():
            usage = resource.getrusage(resource.RUSAGE_CHILDREN)
            return usage.ru_utime + usage.ru_stime

        start = spent()
        subprocess.run([*self.command, f"--num_runs={runs}"], check=True,
                       stdout=subprocess.DEVNULL)
        return spent() - start

    def ms(self, seconds):
        """What `runs` runs take beyond a single one, for each of them."""
        one = max((self._seconds(self.runs + 1) - self._seconds(1)) / self.runs, 1e-6)
        self.runs = max(3, round(seconds / one))
        return one * 1e3


def competitors():
    found = {"ort_plain": OrtFloat.of, "ort_fused": OrtFused.of,
             "ort_int8": OrtInt8.of}
    if "ov_int8" in peers.installed_peers():
        found["ov_f32"] = lambda model, work: OpenVinoFused(model, "f32")
        found["ov_bf16"] = lambda model, work: OpenVinoFused(model, "bf16")
        found["ov_int8"] = peers.installed_peers()["ov_int8"].of
    return found


def measure_speed(options, shape):
    """Competitor -> ms, arena bytes and SQNR of ours; texts are failures."""
    model = make_model(options, shape)
    model.task = shape
    ours = artifact.compile_model(options, model, options.scheme)
    others, figures = {}, {}
    for name, peer in competitors().items():
        try:
            with peers.silence():
                others[name] = peer(model, options.work)
                others[name].run()
        except Exception as error:  # a peer's failure is a result
            others.pop(name, None)
            figures[name] = f"failed: {type(error).__name__}: {str(error)[:200]}"
    artifact_run = Artifact(options, ours, model.sample())
    artifact_run.ms(options.seconds)  # finds out how many runs fit
    rounds = {name: [] for name in ["quantir", *others]}
    for _ in range(options.rounds):
        for name, other in others.items():
            rounds[name].append(peer_ms(other, options.seconds))
        rounds["quantir"].append(artifact_run.ms(options.seconds))
    return figures | {name: min(times) for name, times in rounds.items()} | {
        "arena_bytes": arena_bytes(options, ours),
        "sqnr_db": artifact_sqnr(options, ours, model, shape)}


def print_speed(options):
    columns = ["quantir", *competitors()]
    print(f"{'ms, 1 thread':14}" + "".join(f"{c:>11}" for c in columns) +
          f"{'best/ours':>11}{'arena KiB':>11}{'SQNR dB':>9}")
    results, slower = {}, 0
    for keys, size in SIZES:
        shape = Shape(keys, keys, HEADS, size)
        if options.names and shape.name() not in options.names:
            continue
        figures = results[shape.name()] = measure_speed(options, shape)
        times = {c: figures[c] for c in columns if isinstance(figures[c], float)}
        best = min(times[c] for c in times if c != "quantir")
        figures["best_over_ours"] = best / times["quantir"]
        slower += figures["best_over_ours"] <= 1
        print(f"{shape.name():14}" +
              "".join(f"{times[c]:11.3f}" if c in times else f"{'-':>11}"
                      for c in columns) +
              f"{figures['best_over_ours']:10.2f}x{figures['arena_bytes'] / 1024:11.0f}"
              f"{figures['sqnr_db']:9.1f}", flush=True)
        for c in columns:
            if c not in times:
                print(f"  {c} {figures[c]}")
    return results, slower


def print_accuracy(options):
    print(f"{'keys':>8}{'dB':>8}{'biased':>8}{'asked':>8}")
    results, missed = {}, 0
    for keys, asked in ACCURACY.items():
        shape = Shape(QUERIES, keys, 1, DEPTH)
        bias = np.random.default_rng(3).normal(0, BIAS_SIGMA, DEPTH).astype(np.float32)
        figures = []
        for model in (make_model(options, shape), make_model(options, shape, bias)):
            library = artifact.compile_model(options, model, options.scheme)
            figures.append(artifact_sqnr(options, library, model, shape))
        missed += min(figures) < asked
        results[str(keys)] = {"sqnr_db": figures[0], "biased_sqnr_db": figures[1],
                              "asked_db": asked}
        print(f"{keys:8}{figures[0]:8.1f}{figures[1]:8.1f}{asked:8.1f}", flush=True)
    return results, missed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--accuracy", action="store_true",
                        help="print SQNR on synthetic data instead of speed")
    parser.add_argument("--scheme", choices=["w8a8", "integer"], default="w8a8",
                        help="with floats between the codes, or codes alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3,
                        help="for each competitor in each round")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    results, failed = (print_accuracy if options.accuracy else print_speed)(options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
