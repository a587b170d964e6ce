#!/usr/bin/env python3
"""Compares the int8 library of the shipped model with its fp32 original.

    score.py digits.so logits.npz speed.json

logits.npz is what quant-run wrote for eval.npz, speed.json what its --benchmark
wrote. Prints accuracy, size and speed of both; exit status 1 when int8 is more than
0.5 points less accurate.
"""
import json
import pathlib
import sys
import time

import numpy as np
import onnxruntime

HERE = pathlib.Path(__file__).resolve().parent


def fp32(pictures):
    """ONNX Runtime's logits, and its median microseconds a picture on one thread."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(HERE / "digits.onnx", settings)
    (logits,) = session.run(None, {"image": pictures})
    times = []
    for index in range(2000):
        start = time.perf_counter()
        session.run(None, {"image": pictures[index % len(pictures)][None]})
        times.append(time.perf_counter() - start)
    return logits, float(np.median(times)) * 1e6


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    library, logits, speed = map(pathlib.Path, sys.argv[1:])
    labels = np.load(HERE / "labels.npy")
    int8 = np.load(logits)["logits"].reshape(len(labels), -1)
    float32, float32_us = fp32(np.load(HERE / "eval.npz")["image"])
    int8_us = json.loads(speed.read_text())["median_ms"] * 1e3

    accuracy = {name: np.mean(values.argmax(1) == labels) * 100
                for name, values in (("fp32", float32), ("int8", int8))}
    size = {"fp32": (HERE / "digits.onnx").stat().st_size,
            "int8": library.stat().st_size}
    agreement = np.mean(int8.argmax(1) == float32.argmax(1)) * 100
    noise = np.sum((float32.astype(np.float64) - int8) ** 2)
    sqnr = 10 * np.log10(np.sum(float32.astype(np.float64) ** 2) / noise)

    print(f"{len(labels)} held-out pictures    accuracy       size    1 thread")
    print(f"fp32, ONNX Runtime        {accuracy['fp32']:6.2f} % "
          f"{size['fp32'] / 1e3:7.1f} KB {float32_us:8.1f} us")
    print(f"int8, {library.name:19} {accuracy['int8']:6.2f} % "
          f"{size['int8'] / 1e3:7.1f} KB {int8_us:8.1f} us")
    print(f"same class {agreement:.2f} %, SQNR {sqnr:.1f} dB, "
          f"{size['int8'] / size['fp32']:.1%} of the size, "
          f"{float32_us / int8_us:.1f} times as fast")
    if accuracy["int8"] < accuracy["fp32"] - 0.5:
        sys.exit("score: int8 loses more than 0.5 points")


if __name__ == "__main__":
    main()
