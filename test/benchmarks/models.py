#!/usr/bin/env python3
"""Speed of whole models: our artifacts beside what a user would run instead.

    test/benchmarks/models.py                     # all models, one thread, batch 1
    test/benchmarks/models.py minilm_l6_128 --threads=1,2 --batch=1,8 --json=speed.json

Rounds alternate over the competitors, so that a busy machine slows all of them alike. Of
each competitor the best latency of all rounds is printed, and the median over rounds of
each round's median; a ratio over 1 says how many times faster the artifact is than the
best peer, by the best latencies, and in brackets by the median over rounds of the ratio
of a round's medians. The peak is int8's of one core (peak.c) as the same rounds saw it,
times the threads; multiply-accumulates are counted from the graph. Peers are called from
Python with inputs and outputs bound beforehand, which costs them a microsecond or two a
run; the artifact is timed by quant-run. Models of architectures.py have random weights.
"""
import os

# Before any numeric library starts its threads.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import argparse
import json
import math
import statistics

import architectures
import race
import zoo

# Batch -> how many times faster than the best peer an int8 artifact should be.
ASKED = {"minilm_l6_128": {1: 1.25, 8: 1.2}, "mobilenet_v2_224": {1: 1.4, 8: 1.4},
         "vit_tiny_224": {1: 1.35, 8: 1.3}, "resnet18_224": {1: 1.0, 8: 0.97},
         "resnet50_224": {1: 1.05}}
ASKED_SMALL, ASKED_FLOAT = 1.5, 1.0  # geometric means


def print_figures(name, figures):
    """Two lines: how the artifact does, and everybody's latencies."""
    best, asked = figures["best_ms"], figures.get("asked_ratio")
    others = {peer: ms for peer, ms in best.items() if peer not in race.OURS}
    cells = [f"{name + (' (random weights)' if figures['random_weights'] else ''):33}",
             f"{figures['threads']} x {figures['batch']}",
             f"{figures['macs'] / 1e9:7.3f} GMAC"]
    if "quantir" in best:
        cells.append(f"{best['quantir']:8.4g} ms, {figures['share_of_peak']:5.1%} of peak")
    if "ratio" in figures:
        cells.append(f"{figures['ratio']:5.2f}x (medians {figures['median_ratio']:.2f}x)"
                     f" {min(others, key=others.get)}")
    if asked:
        cells.append(f"asked {asked:.2f}x" + (" BELOW" if figures.get("ratio", 0) < asked
                                              else ""))
    print("  ".join(cells))
    print("    " + ", ".join(f"{peer} {ms:.4g}/{figures['median_ms'][peer]:.4g}"
                             for peer, ms in best.items()))
    for peer, reason in figures["missing"].items():
        print(f"    without {peer}: {reason}")


def print_ratios(results):
    """The table of ratios, by the best latencies, and in brackets by medians."""
    columns = list(dict.fromkeys((f["threads"], f["batch"]) for f in results.values()))
    names = list(dict.fromkeys(key.split()[0] for key in results))
    print(f"\n{'best peer / ours':18}" + "".join(
        f"{f'threads {threads}, batch {batch}':>24}" for threads, batch in columns))
    for name in names:
        cells = []
        for threads, batch in columns:
            found = results.get(f"{name} threads={threads} batch={batch}", {})
            below = found.get("asked_ratio") and found["ratio"] < found["asked_ratio"]
            cells.append(f"{found['ratio']:.2f} ({found['median_ratio']:.2f})"
                         + (" BELOW" if below else "") if "ratio" in found else "-")
        print(f"{name:18}" + "".join(f"{cell:>24}" for cell in cells))


def geometric_mean(ratios):
    return math.exp(statistics.fmean(map(math.log, ratios)))


def print_means(results):
    """Geometric means, each with what is asked of it."""
    small = [f["ratio"] for f in results.values()
             if "ratio" in f and not f["random_weights"]]
    floats = [f["float_ratio"] for f in results.values() if "float_ratio" in f]
    for what, ratios, asked in (("int8, trained models, best peer", small, ASKED_SMALL),
                                ("fp32, ONNX Runtime fp32", floats, ASKED_FLOAT)):
        if ratios:
            mean = geometric_mean(ratios)
            print(f"geometric mean of {len(ratios)}: {what} / ours {mean:.2f}x, asked "
                  f"{asked:.2f}x{' BELOW' if mean < asked else ''}")


def cases(options):
    """Models in each batch; says where a model has none."""
    for model in zoo.models(options, [*architectures.BUILDERS, "digits", *zoo.KEPT,
                                      *zoo.HARD]):
        for batch in map(int, options.batch.split(",")):
            batched = model if batch == 1 else model.batched(batch)
            if batched:
                yield model.name, batched
            else:
                print(f"{model.name}: no batch {batch}, its first dimension is not free")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", default="1", help="numbers, as in 1,8")
    options = race.parse_options(parser)
    print("model, threads x batch, multiply-accumulates, our best latency, ratios over\n"
          "    the best peer; then best/median ms of everybody")
    results = {}
    for name, model in cases(options):
        for threads in options.threads:
            figures = race.measure(options, model, threads)
            figures["asked_ratio"] = ASKED.get(name, {}).get(model.batch)
            results[f"{name} threads={threads} batch={model.batch}"] = figures
            print_figures(name, figures)
            print(end="", flush=True)
            if options.json:
                options.json.write_text(json.dumps(results, indent=1) + "\n")
    print_ratios(results)
    print_means(results)


if __name__ == "__main__":
    main()
