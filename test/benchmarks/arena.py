#!/usr/bin/env python3
"""The working memory of artifacts beside the least that it could be.

    test/benchmarks/arena.py                      # every model, int8 and fp32
    test/benchmarks/arena.py resnet50_224 yolox_nano

No arena is smaller than its largest live set: the bytes of all buffers that hold data at
one step. A model passes at 1.1 times that; the exit status counts those that do not.
"""
import argparse
import json
import re
import subprocess
import sys

import architectures
import artifact
import zoo

PASSES_AT = 1.1
SCHEMES = ("w8a8", "none")
SAMPLES = 4  # their ranges change no buffer
FOUND = re.compile(r"the arena takes (\d+) bytes, its largest live set (\d+)")


def measure(options, model, scheme):
    """Bytes of the arena and of its largest live set."""
    command = [options.bin / "quant-compile", model.path, *model.shape_options(),
               *artifact.SCHEMES[scheme], "--compile-to=linalg", "-o", "/dev/null",
               "-Rpass-analysis=lower"]
    if scheme != "none":
        options.work.mkdir(parents=True, exist_ok=True)
        samples = options.work / f"{model.name}_few.npz"
        zoo.save_samples(model.calibration()[:SAMPLES], samples)
        command.append(f"--calib={samples}")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"quant-compile: {done.stderr}")
    return map(int, FOUND.findall(done.stderr)[-1])  # before it, calibration's own


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    options = parser.parse_args()
    results = {}
    print(f"{'model':24} {'':5} {'arena':>10} {'live':>10}  ratio")
    every = ["digits", *zoo.KEPT, *zoo.HARD, *architectures.BUILDERS, *zoo.DECODERS]
    for model in zoo.models(options, every):
        for scheme in SCHEMES:
            arena, live = measure(options, model, scheme)
            ratio = arena / live if live else 1.0
            results[f"{model.name} {scheme}"] = {"arena": arena, "live": live,
                                                 "ratio": ratio}
            print(f"{model.name:24} {scheme:5} {arena:10} {live:10}  {ratio:5.3f}"
                  + (" ABOVE" if ratio > PASSES_AT else ""), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(sum(figures["ratio"] > PASSES_AT for figures in results.values()))


if __name__ == "__main__":
    main()
