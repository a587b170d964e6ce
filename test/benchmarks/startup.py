#!/usr/bin/env python3
"""What a process pays before the first answer: load, first run, memory.

    test/benchmarks/startup.py                    # MiniLM-L6
    test/benchmarks/startup.py resnet18_224 --rounds 9

Every measurement is a process of its own, in alternating rounds; printed is the best
round. A load ends when the model is ready to run; memory is what the peak of the process
grew by from before the load to after the steady runs, without what Python and the
runtime's own import take. Our artifact is loaded by the Python package, as its users do.
"""
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import argparse
import importlib
import json
import pathlib
import subprocess
import sys
import time

import numpy as np

import artifact
import peers
import race
import zoo

# Load in ms, first run over a steady one, MiB.
ASKED = {"minilm_l6_128": {"load_ms": 2.0, "first_over_steady": 1.3, "mib": 16.0}}


class Ours:
    """Our artifact in this process."""

    def __init__(self, path, sample, _threads):
        import quantir
        self.model = quantir.load(path)
        self.sample = {tensor.name: sample[tensor.name] for tensor in self.model.inputs}

    def run(self):
        self.model.run(self.sample)


def peak_mib():
    """The most that this process has had in memory; VmHWM forgets nothing of itself, and
    starts anew with the process, as getrusage's figure does not."""
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024


def measure_here(name, path, sample_path):
    """Figures of one competitor in this process."""
    with np.load(sample_path) as arrays:
        sample = dict(arrays)
    if name == "quantir":
        sys.path.insert(0, str(zoo.REPOSITORY / "python"))
        from quantir._abi import runtime
        runtime()
        kind = Ours
    else:
        kind = peers.installed_peers()[name]
        importlib.import_module(kind.runtime)
    before, start = peak_mib(), time.perf_counter()
    competitor = kind(path, sample, 1)
    ready = time.perf_counter()
    competitor.run()
    first = time.perf_counter() - ready
    steady, _ = peers.latencies_ms(competitor, 0.2)
    return {"load_ms": (ready - start) * 1e3, "first_ms": first * 1e3,
            "steady_ms": steady, "mib": peak_mib() - before}


def measure(options, model):
    """Competitor -> its best figures; a text for one that cannot run the model."""
    files = {"quantir": lambda: artifact.compile_model(options, model)}
    files |= {name: lambda peer=peer: peer.file(model, options.work)
              for name, peer in options.peer_classes.items()}
    sample_path = options.work / f"{model.name}_sample.npz"
    np.savez(sample_path, **model.sample())
    paths, figures = {}, {}
    for name, make in files.items():
        try:
            with peers.silence():
                paths[name] = make()
        except Exception as error:  # a competitor's failure is a result
            figures[name] = f"{type(error).__name__}: {race.first_line(error)}"
    environment = os.environ | {"QUANTIR_BIN": str(options.bin)}
    with race.first_in_line(options.first):
        for _ in range(options.rounds):
            for name, path in paths.items():
                done = subprocess.run(
                    [sys.executable, __file__, "--measure", name, path, sample_path],
                    capture_output=True, text=True, env=environment)
                if done.returncode:
                    figures[name] = f"failed: {done.stderr.strip()[-200:]}"
                    continue
                new = json.loads(done.stdout.splitlines()[-1])
                old = figures.get(name, new)
                figures[name] = {key: min(old[key], new[key]) for key in new}
    for found in figures.values():
        if isinstance(found, dict):
            found["first_over_steady"] = found["first_ms"] / found["steady_ms"]
    return figures


def print_figures(name, figures):
    asked = ASKED.get(name, {})
    print(f"{name:18}{'load ms':>10}{'first ms':>10}{'steady ms':>11}"
          f"{'first/steady':>14}{'MiB':>8}")
    for who, found in figures.items():
        if isinstance(found, str):
            print(f"  {who:16} {found}")
            continue
        print(f"  {who:16}{found['load_ms']:10.2f}{found['first_ms']:10.2f}"
              f"{found['steady_ms']:11.2f}{found['first_over_steady']:14.2f}"
              f"{found['mib']:8.1f}", flush=True)
    if asked and isinstance(figures["quantir"], dict):
        above = [key for key, most in asked.items() if figures["quantir"][key] > most]
        print(f"  asked            {asked}" + (f" ABOVE: {', '.join(above)}" if above
                                                else ""))


def main():
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure_here(sys.argv[2], *map(pathlib.Path, sys.argv[3:]))))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options = race.parse_options(parser)
    results = {}
    for model in zoo.models(options, list(ASKED)):
        results[model.name] = measure(options, model)
        print_figures(model.name, results[model.name])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
