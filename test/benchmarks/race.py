"""Times our artifacts and their peers in alternating rounds, so that a busy machine slows
all of them alike."""
import contextlib
import json
import math
import os
import pathlib
import statistics
import subprocess

import artifact
import macs
import peers
import zoo

OURS = {"quantir": "w8a8", "quantir_fp32": "none"}


def parse_options(parser):
    """The command line's options, with what a race needs: the peers that are installed
    and the program that measures the processor's peak."""
    zoo.add_options(parser)
    parser.add_argument("--threads", default="1", help="numbers, as in 1,2")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.25,
                        help="for each competitor in each round")
    parser.add_argument("--only", help="competitors, as in quantir,ov_int8")
    parser.add_argument("--first", action="store_true",
                        help="put timed runs before other processes (needs root)")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    options.threads = [int(count) for count in options.threads.split(",")]
    options.peer_classes = peers.installed_peers()
    options.peak = options.work / "peak"
    subprocess.run(["clang-22", "-O2", pathlib.Path(__file__).with_name("peak.c"), "-o",
                    options.peak], check=True)
    return options


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
        self.peer = peer_class.of(model, options.work, threads)

    def latencies_ms(self, seconds):
        return peers.latencies_ms(self.peer, seconds)


def first_line(error):
    return (str(error).splitlines() or [""])[0][:160]


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
            missing[name] = f"failed: {type(error).__name__}: {first_line(error)}"
    return found, missing


@contextlib.contextmanager
def first_in_line(wanted):
    """Threads of this process and processes that it starts go before all others: they
    are in the real-time class."""
    def schedule(policy, priority):
        for thread in os.listdir("/proc/self/task"):
            os.sched_setscheduler(int(thread), policy, os.sched_param(priority))

    if wanted:
        schedule(os.SCHED_FIFO, 1)
    try:
        yield
    finally:
        if wanted:
            schedule(os.SCHED_OTHER, 0)


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
    count = sum(macs.count(peers.fix_shapes(model, options.work)).values())
    figures = {"threads": threads, "batch": model.batch, "random_weights": model.random,
               "macs": count, "peak_gmacs": peak * threads, "best_ms": best,
               "median_ms": {name: statistics.median(times)
                             for name, times in medians.items()}, "missing": missing}
    if "quantir" in best:
        figures["share_of_peak"] = count / (best["quantir"] * 1e6 * peak * threads)
        others = [name for name in best if name not in OURS]
        if others:
            figures["ratio"] = min(best[name] for name in others) / best["quantir"]
            figures["median_ratio"] = min(_paired(medians, name, "quantir")
                                          for name in others)
    if {"ort_fp32", "quantir_fp32"} <= best.keys():
        figures["float_ratio"] = best["ort_fp32"] / best["quantir_fp32"]
        figures["float_median_ratio"] = _paired(medians, "ort_fp32", "quantir_fp32")
    return figures


def _paired(medians, peer, ours):
    """The median over rounds of how many times faster `ours` was in the round: right
    also where the machine became slower from one round to another."""
    return statistics.median(theirs / mine
                             for theirs, mine in zip(medians[peer], medians[ours]))
