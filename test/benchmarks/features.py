#!/usr/bin/env python3
"""What a processor's feature saves: the same models compiled with and without it.

    test/benchmarks/features.py --without=-amx-tile
    test/benchmarks/features.py --without=-avx512vnni,-avxvnni resnet50 tinyvit_cifar10

Both libraries are for this machine; `--without` is what quant-compile's --mattr gets for
the second. They are timed in alternating rounds on one thread, best of all, and must
compute the same bytes: a difference fails. `ratio` is the time with the feature by the
time without it.
"""
import argparse
import json
import math
import subprocess
import sys

import artifact
import zoo


def outputs_of(options, library, sample):
    """The bytes of all outputs."""
    source, sink = options.work / "features_in.npz", options.work / "features_out.npz"
    zoo.save_samples([sample], source)
    subprocess.run([options.bin / "quant-run", library, f"--input={source}",
                    f"--output={sink}"], check=True)
    return sink.read_bytes()


def measure(options, model):
    sample = model.sample()
    libraries = [artifact.compile_model(options, model, flags=flags, suffix=suffix)
                 for flags, suffix in [((), "_with"),
                                       ((f"--mattr={options.without}",),
                                        f"_without{options.without}")]]
    best, runs = [math.inf] * 2, [3] * 2
    for _ in range(options.rounds):
        for i, library in enumerate(libraries):
            figures = artifact.latencies_ms(options, library, sample, runs[i])
            best[i] = min(best[i], figures["min_ms"])
            runs[i] = max(3, min(100_000,
                                 round(options.seconds * 1e3 / figures["median_ms"])))
    same = len({outputs_of(options, library, sample) for library in libraries}) == 1
    return {"with_ms": best[0], "without_ms": best[1], "same": same}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--without", required=True, metavar="-A,-B")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.25, help="of a library in a round")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    results = {}
    for model in zoo.models(options):
        each = results[model.name] = measure(options, model)
        print(f"{model.name:28} {each['with_ms']:9.3f} ms, {each['without_ms']:9.3f} ms "
              f"without, ratio {each['with_ms'] / each['without_ms']:5.3f}"
              f"{'' if each['same'] else '  FAIL: other bytes'}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(not all(each["same"] for each in results.values()))


if __name__ == "__main__":
    main()
