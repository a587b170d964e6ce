#!/usr/bin/env python3
"""Sizes of shared libraries for one processor and for several, and what they need.

    test/benchmarks/sizes.py                                # mobilenet_v1_075
    test/benchmarks/sizes.py digits --processors cortex-a55,cortex-a76,neoverse-v1 haswell

A comma joins the processors of one library. `code` counts what is executed, `data` the
constants and the description, in KiB; `undefined` are symbols that the program must
have, `needed` libraries. The exit status is 1 when code is larger than asked, 250 KB for
one processor and 300 KB for several, or when a library is needed.
"""
import argparse
import re
import subprocess
import sys

import artifact
import zoo
from inner_loops import PROCESSORS, X86

WANTED = ["cortex-a53", "cortex-a76", "neoverse-v1", "cortex-a55,cortex-a76,neoverse-v1",
          "cortex-a53,cortex-a76,neoverse-v1", "haswell", "icelake-server",
          "x86-64-v3,avx512vnni,amx"]
ASKED_KB = {False: 250, True: 300}  # for several processors: True


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def sections(library):
    """(code, data): bytes of what is executed and of all else that is loaded."""
    code = data = 0
    for line in output("llvm-readelf-22", "-SW", library).splitlines():
        if row := re.match(r"\s*\[ *\d+\] \S+ +PROGBITS +\w+ \w+ (\w+) \w+ +(\w*A\w*)", line):
            if "X" in row[2]:
                code += int(row[1], 16)
            else:
                data += int(row[1], 16)
    return code, data


def compiled(options, model, processors):
    """The library of a model, int8, for processors that a comma joins."""
    library = options.work / f"size_{model.name}_{processors.replace(',', '_')}.so"
    samples = options.work / f"{model.name}_calib.npz"
    zoo.save_samples(model.calibration()[:16], samples)
    triple, _ = PROCESSORS.get(processors.split(",")[0], (X86, None))
    subprocess.run([options.bin / "quant-compile", model.path, *artifact.SCHEMES["w8a8"],
                    *model.shape_options(), f"--calib={samples}", f"--target={triple}",
                    f"--mcpu={processors}", "-o", library], check=True,
                   stderr=subprocess.DEVNULL)
    return library


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--processors", nargs="+", default=WANTED, metavar="CPU,...")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    well = True
    print(f"{'':56}    code    data  undefined; needed")
    for model in zoo.models(options, ["mobilenet_v1_075"]):
        for processors in options.processors:
            print(f"{model.name + ' ' + processors:56}", end="", flush=True)
            try:
                library = compiled(options, model, processors)
            except subprocess.CalledProcessError as error:
                well = False
                print(f"  failed: {error.returncode}")
                continue
            code, data = sections(library)
            undefined = output("llvm-nm-22", "-D", "-u", "--format=just-symbols",
                               library).split()
            needed = re.findall(r"\(NEEDED\).*\[(.*)\]",
                                output("llvm-readelf-22", "-d", library))
            within = code <= 1000 * ASKED_KB["," in processors] and not needed
            well &= within
            print(f"{code / 1024:8.1f}{data / 1024:8.1f}  {' '.join(undefined) or 'none'}; "
                  + (" ".join(needed) or "none") + ("" if within else "  ABOVE"))
    sys.exit(not well)


if __name__ == "__main__":
    main()
