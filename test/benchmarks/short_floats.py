#!/usr/bin/env python3
"""What 16-bit floats save and cost: bf16 and fp16 artifacts beside fp32 ones.

    test/benchmarks/short_floats.py                      # every model
    test/benchmarks/short_floats.py digits resnet18_224

For each model the three libraries run in alternating rounds on one thread, best of
each; `size` is the library's, `dB` the signal to quantization noise ratio of the
outputs on a few samples, beside the fp32 artifact's. Whether a processor multiplies bf16 by an
instruction of its own decides what bf16 gains; `--mcpu` asks for another's code.
"""
import argparse
import json
import math
import subprocess

import numpy as np

import artifact
import zoo

SCHEMES = ("none", "bf16", "fp16")
DEFAULT = ["mobilenet_v2_224", "resnet18_224", "minilm_l6_128", "vit_tiny_224", "digits",
           "mobilenet_v1_075", "resnet8_cifar10", "tinyvit_cifar10", "kws_dscnn"]


def compile_model(options, model, scheme):
    out = options.work / f"{model.name}_{scheme}_{options.mcpu}.so"
    subprocess.run([options.bin / "quant-compile", model.path, "-o", out,
                    f"--mcpu={options.mcpu}", *artifact.SCHEMES[scheme],
                    *model.shape_options()], check=True)
    return out


def decibels(reference, actual):
    """Over all outputs and samples."""
    signal = noise = 0.0
    for wanted, got in zip(reference, actual):
        for a, b in zip(wanted, got):
            a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
            signal += (a ** 2).sum()
            noise += ((a - b) ** 2).sum()
    return 10 * math.log10(signal / noise) if noise else math.inf


def measure(options, model):
    built = {scheme: compile_model(options, model, scheme) for scheme in SCHEMES}
    feeds = model.calibration()[:options.samples]
    outputs = {scheme: artifact.Runner(options, library, model).many(feeds)
               for scheme, library in built.items()}
    best = dict.fromkeys(SCHEMES, math.inf)
    for _ in range(options.rounds):
        for scheme, library in built.items():
            best[scheme] = min(best[scheme], artifact.latency_ms(
                options, library, feeds[0], options.runs, "min"))
    return {scheme: {"ms": best[scheme], "speed": best["none"] / best[scheme],
                     "size": library.stat().st_size,
                     "share": library.stat().st_size / built["none"].stat().st_size,
                     "sqnr_db": decibels(outputs["none"], outputs[scheme])}
            for scheme, library in built.items()}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--mcpu", default="host")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=20, help="of a library in a round")
    parser.add_argument("--samples", type=int, default=8, help="for the ratio of noise")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    results = {}
    for model in zoo.models(options, DEFAULT):
        figures = results[model.name] = measure(options, model)
        for scheme, each in figures.items():
            print(f"{model.name:18} {scheme:5} {each['ms']:9.4f} ms {each['speed']:5.2f} x, "
                  f"{each['size'] / 1e6:8.3f} MB {each['share']:4.0%}, "
                  f"{each['sqnr_db']:5.1f} dB", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
