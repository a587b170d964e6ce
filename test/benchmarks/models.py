#!/usr/bin/env python3
"""Speed of whole models: our artifacts beside what a user would run instead.

    test/benchmarks/models.py                     # all models, one thread, batch 1
    test/benchmarks/models.py minilm_l6_128 --threads=1,2 --batch=1,8 --json=speed.json

Rounds alternate over the competitors, so that a busy machine slows all of them alike. Of
each competitor the best latency of all rounds is printed, and the median over rounds of
each round's median; a ratio over 1 says how many times faster the artifact is than the
best peer, by either. The peak is int8's of one core (peak.c) as the same rounds saw it,
times the threads; multiply-accumulates are counted from the graph. Peers are called from
Python with inputs and outputs bound beforehand, which costs them a microsecond or two a
run; the artifact is timed by quant-run. Models of architectures.py have random weights.
"""
import os

# Before any numeric library starts its threads.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import argparse
import contextlib
import json
import math
import pathlib
import statistics
import subprocess

import architectures
import artifact
import macs
import peers
import zoo

# Batch -> how many times faster than the best peer an int8 artifact should be.
ASKED = {"minilm_l6_128": {1: 1.25, 8: 1.2}, "mobilenet_v2_224": {1: 1.4, 8: 1.4},
         "vit_tiny_224": {1: 1.35, 8: 1.3}, "resnet18_224": {1: 1.0, 8: 0.97},
         "resnet50_224": {1: 1.05}}
ASKED_SMALL, ASKED_FLOAT = 1.5, 1.0  # geometric means
OURS = {"quantir": "w8a8", "quantir_fp32": "none"}


class Artifact:
    """Our artifact as a competitor."""

    def __init__(self, options, model, scheme, threads):
        self.options, self.threads, self.runs = options, threads, 3
        self.library = artifact.compile_model(options, model, scheme)
        self.sample = model.sample()

    def latencies_ms(self, seconds):
        figures = artifact.latencies_ms(self.options, self.library, self.sample,
                                        self.runs, self.threads)
        fit = seconds * 1e3 / max(figures["median_ms"], 1e-3)
        self.runs = min(max(3, round(fit)), 100_000)
        return figures["min_ms"], figures["median_ms"]


class Peer:
    def __init__(self, options, model, peer_class, threads):
        self.peer = peer_class(model, options.work, threads)

    def latencies_ms(self, seconds):
        return peers.latencies_ms(self.peer, seconds)


def competitors(options, model, threads):
    """Name -> competitor, and name -> why one is missing."""
    makers = {name: (Artifact, scheme) for name, scheme in OURS.items()}
    makers |= {name: (Peer, peer) for name, peer in options.peer_classes.items()}
    found, missing = {}, {}
    for name, (kind, argument) in makers.items():
        if options.only and name not in options.only.split(","):
            continue
        try:
            with peers.silence():
                found[name] = kind(options, model, argument, threads)
                found[name].latencies_ms(0)
        except peers.NotForModel as reason:
            missing[name] = str(reason)
        except Exception as error:  # a competitor's failure is a result
            found.pop(name, None)
            missing[name] = f"failed: {type(error).__name__}: {str(error)[:200]}"
    return found, missing


@contextlib.contextmanager
def first_in_line(wanted):
    """Timed runs go before what other sessions of the machine compute."""
    group = pathlib.Path("/proc/self/autogroup")
    if wanted:
        group.write_text("-20")
    try:
        yield
    finally:
        if wanted:
            group.write_text("0")


def measure(options, model, threads):
    """Figures of `model`: of its competitors, and what follows from them."""
    found, missing = competitors(options, model, threads)
    best = {name: math.inf for name in found}
    medians = {name: [] for name in found}
    peak = 0
    with first_in_line(options.first):
        for _ in range(options.rounds):
            peak = max(peak, json.loads(subprocess.check_output([options.peak]))["gmacs"])
            for name, competitor in found.items():
                least, median = competitor.latencies_ms(options.seconds)
                best[name] = min(best[name], least)
                medians[name].append(median)
    medians = {name: statistics.median(times) for name, times in medians.items()}
    count = sum(macs.count(peers.fix_shapes(model, options.work)).values())
    figures = {"threads": threads, "batch": model.batch, "random_weights": model.random,
               "macs": count, "peak_gmacs": peak * threads, "best_ms": best,
               "median_ms": medians, "missing": missing}
    if "quantir" in best:
        figures["share_of_peak"] = count / (best["quantir"] * 1e6 * peak * threads)
    for key, times in (("ratio", best), ("median_ratio", medians)):
        others = [times[name] for name in times if name not in OURS]
        if others and "quantir" in times:
            figures[key] = min(others) / times["quantir"]
        if {"ort_fp32", "quantir_fp32"} <= times.keys():
            figures[f"float_{key}"] = times["ort_fp32"] / times["quantir_fp32"]
    return figures


def print_figures(name, figures):
    """Two lines: how the artifact does, and everybody's latencies."""
    best, asked = figures["best_ms"], figures.get("asked_ratio")
    others = {peer: ms for peer, ms in best.items() if peer not in OURS}
    cells = [f"{name + (' (random weights)' if figures['random_weights'] else ''):33}",
             f"{figures['threads']} x {figures['batch']}",
             f"{figures['macs'] / 1e9:7.3f} GMAC"]
    if "quantir" in best:
        cells.append(f"{best['quantir']:8.3f} ms, {figures['share_of_peak']:5.1%} of peak")
    if "ratio" in figures:
        cells.append(f"{figures['ratio']:5.2f}x (medians {figures['median_ratio']:.2f}x)"
                     f" {min(others, key=others.get)}")
    if asked:
        cells.append(f"asked {asked:.2f}x" + (" BELOW" if figures.get("ratio", 0) < asked
                                              else ""))
    print("  ".join(cells))
    print("    " + ", ".join(f"{peer} {ms:.3f}/{figures['median_ms'][peer]:.3f}"
                             for peer, ms in best.items()))
    for peer, reason in figures["missing"].items():
        print(f"    without {peer}: {reason}")


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


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--threads", default="1", help="numbers, as in 1,2")
    parser.add_argument("--batch", default="1", help="numbers, as in 1,8")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.25,
                        help="for each competitor in each round")
    parser.add_argument("--only", help="competitors, as in quantir,ov_int8")
    parser.add_argument("--first", action="store_true",
                        help="put timed runs before other sessions' (needs root)")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    options.peer_classes = peers.installed_peers()
    options.peak = options.work / "peak"
    subprocess.run(["clang-22", "-O2", pathlib.Path(__file__).with_name("peak.c"), "-o",
                    options.peak], check=True)
    return options


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
    options = parse_options()
    print("model, threads x batch, multiply-accumulates, our best latency, ratios over\n"
          "    the best peer; then best/median ms of everybody")
    results = {}
    for name, model in cases(options):
        for threads in map(int, options.threads.split(",")):
            figures = measure(options, model, threads)
            figures["asked_ratio"] = ASKED.get(name, {}).get(model.batch)
            results[f"{name} threads={threads} batch={model.batch}"] = figures
            print_figures(name, figures)
            print(end="", flush=True)
            if options.json:
                options.json.write_text(json.dumps(results, indent=1) + "\n")
    print_means(results)


if __name__ == "__main__":
    main()
