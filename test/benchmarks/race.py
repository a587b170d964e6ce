"""Times our artifacts and their peers in alternating rounds, so that a busy machine slows
all of them alike."""
import contextlib
import json
import math
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
                        help="put timed runs before other sessions' (needs root)")
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
