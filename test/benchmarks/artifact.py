"""Compiles models with quant-compile and runs artifacts with quant-run."""
import json
import pathlib
import subprocess
import tempfile

import numpy as np

import zoo


# What quant-compile gets for a scheme.
SCHEMES = {"none": ["--quantize=none"], "w8a8": ["--quantize=w8a8"],
           "w8a16": ["--quantize=w8a16"],
           "bf16": ["--quantize=bf16"], "fp16": ["--quantize=fp16"],
           "integer": ["--quantize=w8a8", "--integer-only", "--verify-integer-only"]}

FLOAT_SCHEMES = ("none", "bf16", "fp16")  # which need no calibration


def compile_model(options, model, scheme="w8a8", flags=(), suffix=""):
    """The path of `model`'s artifact, compiled with its calibration samples unless it is
    newer than the compiler and the model; `suffix` tells it from those with other flags."""
    options.work.mkdir(parents=True, exist_ok=True)
    out = options.work / f"{model.name}_{scheme}{suffix}.so"
    compiler = options.bin / "quant-compile"
    if out.exists() and out.stat().st_mtime > max(
            path.stat().st_mtime for path in (compiler, model.path)):
        return out
    command = [compiler, model.path, "-o", out, *SCHEMES[scheme], *flags,
               *model.shape_options()]
    if scheme not in FLOAT_SCHEMES:
        calibration = options.work / f"{model.name}_calib.npz"
        zoo.save_samples(model.calibration(), calibration)
        command.append(f"--calib={calibration}")
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"quant-compile: {done.stderr}")
    return out


class Runner:
    """An artifact as evaluate.py calls it: samples in, outputs in graph order."""

    batch = 1

    def __init__(self, options, artifact, model):
        import onnx
        self.program, self.artifact = options.bin / "quant-run", artifact
        graph = onnx.load(model.path, load_external_data=False).graph
        self.inputs = {tensor.name for tensor in zoo.graph_inputs(model.path)}
        self.outputs = {o.name: len(o.type.tensor_type.shape.dim)
                        for o in graph.output}

    def many(self, feeds):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "in.npz"
            sink = pathlib.Path(folder) / "out.npz"
            zoo.save_samples([{k: v for k, v in feed.items() if k in self.inputs}
                              for feed in feeds], source)
            subprocess.run([self.program, self.artifact, f"--input={source}",
                            f"--output={sink}"], check=True)
            with np.load(sink) as arrays:
                stacked = [np.split(arrays[name], len(feeds)) for name in self.outputs]
        ranks = self.outputs.values()
        return [[_with_rank(out[i], rank) for out, rank in zip(stacked, ranks)]
                for i in range(len(feeds))]

    def __call__(self, feed):
        return self.many([feed])[0]


def _with_rank(array, rank):
    """One sample without the dimension that held many."""
    return array[0] if array.ndim == rank + 1 else array


def latency_ms(options, artifact, sample, runs, figure="median"):
    """The median or another of latencies_ms on one thread."""
    return latencies_ms(options, artifact, sample, runs)[f"{figure}_ms"]


def latencies_ms(options, artifact, sample, runs, threads=1):
    """The latencies of `runs` runs as quant-run measures them: "min_ms", "median_ms",
    "p90_ms" and others."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "in.npz"
        figures = pathlib.Path(folder) / "figures.json"
        zoo.save_samples([sample], source)
        subprocess.run([options.bin / "quant-run", artifact, f"--input={source}",
                        "--benchmark", f"--num_threads={threads}", "--warmup_runs=3",
                        f"--num_runs={runs}", f"--json={figures}"],
                       check=True, stdout=subprocess.DEVNULL)
        return json.loads(figures.read_text())
