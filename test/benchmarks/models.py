#!/usr/bin/env python3
"""Speed on one thread: our int8 artifact beside what a user would run instead.

    test/benchmarks/models.py                     # the shipped model, and --models
    test/benchmarks/models.py digits kws_dscnn --rounds 9 --json speed.json

Rounds alternate over the competitors, so that a busy machine slows all of them
alike; a figure is the median over rounds of each round's median latency, and a
ratio over 1 says how many times faster the artifact is. Peers are called from
Python with inputs and outputs bound beforehand, which costs them a microsecond or
two a run; the artifact is timed by quant-run.
"""
import os

# Before any numeric library starts its threads.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import argparse
import json
import statistics

import artifact
import peers
import zoo


def measure(options, model, peer_classes):
    """Competitor -> median latency in ms; "failed: ..." for one that cannot run it."""
    ours = None
    if not options.peers_only:
        ours = artifact.compile_model(options, model)
    competitors, failures = {}, {}
    for name, peer in peer_classes.items():
        try:
            with peers.silence():
                competitors[name] = peer(model, options.work)
        except Exception as error:  # a peer's failure is a result
            failures[name] = f"failed: {type(error).__name__}: {str(error)[:200]}"
    rounds = {name: [] for name in competitors}
    sample = model.sample()
    runs = 100
    for _ in range(options.rounds):
        for name, competitor in competitors.items():
            rounds[name].append(peers.median_ms(competitor, options.seconds))
        if ours:
            median = artifact.latency_ms(options, ours, sample, runs)
            runs = max(3, round(options.seconds * 1e3 / max(median, 1e-3)))
            rounds.setdefault("quantir", []).append(median)
    return {name: statistics.median(times) for name, times in rounds.items()} | failures


def row(name, figures, columns):
    """Latencies, then how many times faster the artifact is than each peer."""
    cells = [f"{name:18}"]
    for column in columns:
        figure = figures.get(column)
        cells.append(f"{figure:12.3f}" if isinstance(figure, float) else f"{'-':>12}")
    ours = figures.get("quantir")
    for column in columns[1:]:
        figure = figures.get(column)
        known = isinstance(figure, float) and ours
        cells.append(f"{figure / ours:9.2f}x" if known else f"{'-':>10}")
    return "".join(cells)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3,
                        help="for each competitor in each round")
    parser.add_argument("--peers-only", action="store_true",
                        help="time the others without compiling anything")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    peer_classes = peers.installed_peers()
    columns = ["quantir", *peer_classes]
    print(f"{'ms, 1 thread':18}" + "".join(f"{c:>12}" for c in columns)
          + "".join(f"{'/' + c:>10}" for c in columns[1:]))
    results, failures = {}, []
    for model in zoo.models(options):
        figures = results[model.name] = measure(options, model, peer_classes)
        print(row(model.name, figures, columns), flush=True)
        failures += [f"{model.name}, {who}: {what}" for who, what in figures.items()
                     if isinstance(what, str)]
    print("\n".join(failures))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
