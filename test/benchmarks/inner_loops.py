#!/usr/bin/env python3
"""Inner loops of matrix products and convolutions as a share of what a processor could
do, by llvm-mca's models of processors.

    test/benchmarks/inner_loops.py                             # every processor
    test/benchmarks/inner_loops.py cortex-a78 neoverse-v1,-i8mm --schemes w8a8 --show

Each model is compiled to assembly with --mcpu, and --mattr for what follows a comma: so
rows of the table of inner tiles are reached that are not a processor's best. Of a model's
innermost loops the one with the most multiply-accumulates is run by llvm-mca, and beside
it the ideal: its multiplying instructions alone, on registers that depend on nothing.
`dot` are those instructions, `other` all that neither multiply nor only load, `spills`
those that touch the stack.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np

import artifact
import zoo
from assembly import Loop, innermost_loops

sys.path.append(str(zoo.REPOSITORY / "test/e2e"))
import small_models  # noqa: E402

ARM, X86 = "aarch64-linux-gnu", "x86_64-linux-gnu"
PROCESSORS = {  # the target and the share of the ideal that is asked, in percent
    "cortex-a53": (ARM, None), "cortex-a55": (ARM, 80), "cortex-a76": (ARM, None),
    "cortex-a78": (ARM, 90), "neoverse-n1": (ARM, 90), "neoverse-v1": (ARM, 95),
    "apple-m1": (ARM, 95),
    "znver4": (X86, None), "icelake-server": (X86, None), "alderlake": (X86, None),
    "skylake-avx512": (X86, None), "haswell": (X86, None), "x86-64": (X86, None)}
SCHEMES = ["w8a8", "none", "bf16", "fp16"]
MCA = next((name for name in ("llvm-mca-22", "llvm-mca")
            if subprocess.run(["which", name], capture_output=True).returncode == 0), None)


def matrix_product():
    graph = small_models.Graph(x=[1, 96, 256])
    graph.output("MatMul", "x", graph.weight(256, 480))
    return graph


def convolution():
    graph = small_models.Graph(x=[1, 64, 28, 28])
    graph.output("Conv", "x", graph.weight(96, 64, 3, 3), pads=[1, 1, 1, 1])
    return graph


MODELS = {"matmul": matrix_product, "conv3x3": convolution}


def cycles(lines, triple, processor, iterations=200):
    """By llvm-mca, of one iteration in a long row of them."""
    def total(count):
        done = subprocess.run(
            [MCA, f"-mtriple={triple}", f"-mcpu={processor}", f"-iterations={count}",
             "-json", "-instruction-info=0", "-resource-pressure=0"],
            input="\n".join(lines) + "\n", capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{MCA}: {done.stderr}")
        region = json.loads(done.stdout)["CodeRegions"][0]
        return region["SummaryView"]["TotalCycles"]

    return (total(2 * iterations) - total(iterations)) / iterations


def independent(instruction, number):
    """The instruction on registers alone, the result in one that no near one reads."""
    text = instruction.text
    if re.search(r"%[xyz]mm", text):
        # AT&T: the result is last; memory becomes a register.
        kind = {128: "x", 256: "y", 512: "z"}[instruction.bits]
        text = re.sub(r"[-\w.+]*\([^)]*\)(\{1to\d+\})?", f"%{kind}mm14", text)
        *sources, result = re.split(r",\s*", text)
        sources = [re.sub(r"(%[xyz]mm)\d+", r"\g<1>15", source) for source in sources]
        number %= 30 if instruction.bits == 512 else 15
        number += number == 15
        return ", ".join([*sources, re.sub(r"(%[xyz]mm)\d+", rf"\g<1>{number}", result)])
    # By lane, 16-bit elements are of v0 to v15.
    result, sources = text.split(",", 1)
    result = re.sub(r"\bv\d+", f"v{number % 31 + (number % 31 >= 15)}", result)
    return result + "," + re.sub(r"\bv\d+", "v15", sources)


def ideal_rate(loop, triple, processor):
    """MAC a cycle of the loop's step alone; the number of steps in a row hides all
    latencies."""
    step = loop.step()
    lines = [independent(i, n) for n, i in enumerate(step * -(-60 // len(step)))]
    return loop.macs() * (len(lines) / len(step)) / cycles(lines, triple, processor)


def compile_loop(options, name, scheme, triple, processor):
    """The inner loop of a model's code for a processor, as main's options name it, and
    the row of the table of inner tiles with the tile that the compiler chose."""
    cpu, _, features = processor.partition(",")
    graph = MODELS[name]()
    model, calibration = options.work / f"{name}.onnx", options.work / f"{name}.npz"
    graph.save(model)
    flags = [*artifact.SCHEMES[scheme], "--never-slower=no", *options.flags,
             f"--target={triple}", f"--mcpu={cpu}", f"--mattr={features}"]
    if scheme not in artifact.FLOAT_SCHEMES:
        np.savez(calibration, **graph.samples(2, seed=1))
        flags.append(f"--calib={calibration}")

    def compiled(*arguments):
        return subprocess.run([options.bin / "quant-compile", model, *flags, *arguments],
                              check=True, stdout=subprocess.PIPE, text=True).stdout

    found = re.search(r'quantir.contraction = "(\S+) [^"]*", quantir.tile = "(\d+x\d+)',
                      compiled("--compile-to=linalg"))
    loops = innermost_loops(compiled("--emit=asm"))
    return max(loops, key=Loop.macs, default=None), " ".join(found.groups())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("processors", nargs="*", metavar="CPU",
                        help=f"all when none is named: {', '.join(PROCESSORS)}")
    parser.add_argument("--schemes", nargs="+", default=SCHEMES, choices=artifact.SCHEMES)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--flags", nargs="+", default=[], type="--{}".format,
                        help="more for quant-compile, without dashes: mattr=-dotprod")
    parser.add_argument("--show", action="store_true", help="print the loops")
    parser.add_argument("--bin", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get(
                            "QUANTIR_BIN", zoo.REPOSITORY / "build/dev/bin")))
    parser.add_argument("--work", type=pathlib.Path,
                        default=zoo.REPOSITORY / "build/dev/benchmarks")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if not MCA:
        sys.exit("needs llvm-mca")
    print(f"{'':40}{'row and tile':28}  dot load other spills    MAC  cycles  MAC/c  ideal"
          "  share  asked")
    below = False
    for processor in options.processors or PROCESSORS:
        cpu = processor.split(",")[0]
        if cpu not in PROCESSORS:
            parser.error(f"{cpu} is none of {', '.join(PROCESSORS)}")
        triple, asked = PROCESSORS[cpu]
        for scheme in options.schemes:
            for name in options.models:
                loop, row = compile_loop(options, name, scheme, triple, processor)
                print(f"{processor} {scheme + ' ' + name:{39 - len(processor)}}", end="")
                if not loop or not loop.macs():
                    print("no loop multiplies")
                    continue
                if options.show:
                    print("", *(f"    {i.text}" for i in loop.instructions), sep="\n")
                took = cycles([i.text for i in loop.instructions], triple, cpu)
                rate, ideal = loop.macs() / took, ideal_rate(loop, triple, cpu)
                share = 100 * rate / ideal
                dot, load, other, spills = loop.kinds()
                below |= asked is not None and share < asked
                print(f"{row:28}{dot:5}{load:5}{other:6}{spills:7}{loop.macs():7}"
                      f"{took:8.1f}{rate:7.1f}{ideal:7.1f}{share:6.0f}%"
                      + (f"{asked:6}%" if asked else "")
                      + (" BELOW" if asked and share < asked else ""))
    sys.exit(below)


if __name__ == "__main__":
    main()
