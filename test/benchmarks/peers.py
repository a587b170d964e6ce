"""What a user would run instead, on a number of threads; each runtime is in its file
peer_*.py. All are given the model with the shapes of its samples and the calibration
samples that quant-compile gets; what they quantize is kept in the folder of artifacts
until the model changes."""
import contextlib
import importlib.util
import logging
import os
import sys
import time

import numpy as np
import onnx


def installed_peers():
    """Name -> class, with a printed note for each peer that is missing."""
    import peer_onnxruntime as ort
    found = {"ort_fp32": ort.OrtFloat, "ort_int8": ort.OrtInt8,
             "ort_dynamic": ort.OrtDynamic, "ort_optimized": ort.OrtOptimized}
    if _installed("OpenVINO", "openvino", "nncf"):
        import peer_openvino
        found |= {"ov_int8": peer_openvino.OpenVinoInt8,
                  "ov_int8_default": peer_openvino.OpenVinoInt8Default}
    if _installed("LiteRT", "ai_edge_litert"):
        import peer_litert
        found["litert_int8"] = peer_litert.LiteRtInt8
    if _installed("IREE (minutes a model)", "iree"):
        import peer_iree
        found["iree_int8"] = peer_iree.IreeInt8
    return found


def _installed(name, *modules):
    there = all(map(importlib.util.find_spec, modules))
    if not there:
        print(f"{name}: skipped, see test/benchmarks/requirements.txt")
    return there


class NotForModel(Exception):
    """Why a peer is not worth timing on a model, or cannot be made for it."""


def fix_shapes(model, work):
    """Writes `model` with the shapes that its artifact has, no free dimension."""
    def write(path):
        proto = onnx.load(model.path)
        sample = model.sample()
        for tensor in proto.graph.input:
            if tensor.name in sample:
                for dim, size in zip(tensor.type.tensor_type.shape.dim,
                                     sample[tensor.name].shape):
                    dim.dim_value = size
        del proto.graph.value_info[:]
        for tensor in proto.graph.output:
            tensor.type.tensor_type.ClearField("shape")
        onnx.save(onnx.shape_inference.infer_shapes(proto, data_prop=True), path)

    return prepared(model, work / f"{model.name}_fixed.onnx", write)


def prepared(model, path, write):
    """`path`, after write(path) where it is missing or older than the model's file."""
    if not path.exists() or path.stat().st_mtime < model.path.stat().st_mtime:
        unfinished = path.with_stem(path.stem + "_unfinished")
        write(unfinished)
        # OpenVINO's weights are in a file beside the network's.
        for suffix in (".bin", path.suffix):
            if unfinished.with_suffix(suffix).exists():
                unfinished.with_suffix(suffix).replace(path.with_suffix(suffix))
    return path


@contextlib.contextmanager
def silence():
    """Keeps what quantizers and runtimes say, from any language, off the table."""
    sys.stdout.flush(), sys.stderr.flush()
    kept = [(stream, os.dup(stream)) for stream in (1, 2)]
    with open(os.devnull, "w") as sink:
        for stream, _ in kept:
            os.dup2(sink.fileno(), stream)
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        sys.stdout.flush(), sys.stderr.flush()
        for stream, copy in kept:
            os.dup2(copy, stream)
            os.close(copy)


class Peer:
    """A runtime that has opened `path` and runs one sample again and again."""

    runtime = quantizer = None  # modules

    def __init__(self, path, sample, threads=1):
        raise NotImplementedError

    @classmethod
    def of(cls, model, work, threads=1):
        return cls(cls.file(model, work), model.sample(), threads)

    @staticmethod
    def file(model, work):
        """What the runtime opens, made in the folder `work` where it is missing."""
        return fix_shapes(model, work)


def latencies_ms(peer, seconds):
    """The best and the median latency over `seconds`, and at least three runs."""
    peer.run()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        peer.run()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3, float(np.median(times)) * 1e3
