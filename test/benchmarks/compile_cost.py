#!/usr/bin/env python3
"""What one whole compilation costs: import, calibration and code generation.

    test/benchmarks/compile_cost.py               # mobilenet_v1_075

Prints wall time and peak memory of quant-compile with 64 calibration samples and
with 640, and passes when the first takes under 20 s and 1 GB and the second's
memory is within 5 % of the first's.
"""
import argparse
import json
import os
import subprocess
import sys
import time

import zoo

SECONDS, BYTES, GROWTH = 20, 1e9, 1.05


def prepare(model, count, path):
    """`count` samples: the model's own, then the same a little darker each time round."""
    feeds = model.calibration()
    zoo.save_samples([{name: array if k < len(feeds) or array.dtype.kind != "f"
                       else array * array.dtype.type(1 - 0.01 * (k // len(feeds)))
                       for name, array in feeds[k % len(feeds)].items()}
                      for k in range(count)], path)


def cost(options, model, count):
    """Wall seconds and peak resident bytes of quant-compile with `count` samples."""
    path = options.work / f"{model.name}_{count}.npz"
    # In a process of its own: a child's peak memory counts its parent's at the fork.
    subprocess.run([sys.executable, __file__, model.name, "--prepare", str(count),
                    "--models", options.models or "", "--work", options.work],
                   check=True)
    start = time.perf_counter()
    child = subprocess.Popen([options.bin / "quant-compile", model.path,
                              "--quantize=w8a8", f"--calib={path}", "-o",
                              options.work / f"{model.name}_cost.so",
                              *model.shape_options()], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    path.unlink()
    if status:
        sys.exit(f"quant-compile failed on {model.name} with {count} samples")
    return seconds, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--prepare", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    results, failed = {}, 0
    for model in zoo.models(options, ["mobilenet_v1_075"]):
        if options.prepare:
            prepare(model, options.prepare,
                    options.work / f"{model.name}_{options.prepare}.npz")
            return
        few, many = (cost(options, model, count) for count in (64, 640))
        passes = few[0] < SECONDS and few[1] < BYTES and many[1] < few[1] * GROWTH
        print(f"{'pass' if passes else 'FAIL'} {model.name}: 64 samples {few[0]:.1f} s "
              f"{few[1] / 1e6:.0f} MB, 640 samples {many[0]:.1f} s {many[1] / 1e6:.0f} MB "
              f"({many[1] / few[1] - 1:+.1%})")
        results[model.name] = {"samples_64": few, "samples_640": many, "passes": passes}
        failed += not passes
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
