#!/usr/bin/env python3
"""What a Vulkan driver's compiler makes of every kernel of a model: registers, waves,
spills, instructions, as far as the driver tells them. Nothing runs, so that a driver
without hardware will do:

    test/benchmarks/gpu_code.py mobilenet_v1_075 --family adreno    # the first device here
    VK_ICD_FILENAMES=.../radeon_icd.x86_64.json RADV_FORCE_FAMILY=navi21 gpu_code.py ...
    VK_ICD_FILENAMES=.../freedreno_icd.x86_64.json FD_GPU_ID=660 \\
      LD_PRELOAD=.../libfreedreno_noop_drm_shim.so gpu_code.py ...  # of Mesa's -Dtools=drm-shim

Each row is one form of a kernel, as --emit=spirv names it. Figures that are the same in
all rows stand above the table once, zeros not at all.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

import artifact
import zoo


def build(options):
    """The program that asks the driver."""
    program = options.work / "gpu_code"
    source = pathlib.Path(__file__).with_name("gpu_code.c")
    subprocess.run(["clang-22", "-O1", source, "-lvulkan", "-o", program], check=True,
                   env=without_driver())
    return program


def without_driver():
    """The environment, less what a driver alone should see."""
    return {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}


def emit_modules(options, model):
    """The .spv files of all forms, in the order of the kernels."""
    folder = options.work / f"{model.name}_{options.scheme}_{options.family}_spirv"
    command = [options.bin / "quant-compile", model.path, "--emit=spirv", "-o", folder,
               f"--gpu=vulkan:{options.family}", *artifact.SCHEMES[options.scheme],
               *model.shape_options()]
    if options.scheme not in artifact.FLOAT_SCHEMES:
        samples = options.work / f"{model.name}_calib.npz"
        zoo.save_samples(model.calibration(), samples)
        command.append(f"--calib={samples}")
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, env=without_driver())
    if done.returncode:
        raise RuntimeError(f"quant-compile: {done.stderr}")
    return sorted(folder.glob("*.spv"))


def ask(program, files, exact):
    """Figures of the device, and of every file by its name. A driver that dies at one
    file is asked for those behind it again."""
    device, figures = {}, {file.stem: {} for file in files}
    while files:
        done = subprocess.run([program, f"--exact={exact}", *files],
                              stdout=subprocess.PIPE, text=True)
        seen = 0
        for line in done.stdout.splitlines():
            path, figure, value = line.split("\t")
            if path:
                seen = max(seen, list(map(str, files)).index(path) + 1)
            (figures[pathlib.Path(path).stem] if path else device)[figure] = value
        if done.returncode == 0:
            break
        if not device:
            raise RuntimeError("no driver tells of its code here")
        if seen < len(files):
            figures[files[seen].stem]["died"] = str(done.returncode)
        files = files[seen + 1:]
    return device, figures


def is_worth_a_column(values):
    return (len(set(values)) > 1 and all(value.lstrip("-").replace(".", "").isdigit()
                                         and len(value) < 10 for value in values if value))


def print_table(figures):
    names = list(dict.fromkeys(name for row in figures.values() for name in row))
    values = {name: [row.get(name, "") for row in figures.values()] for name in names}
    for name in names:
        if len(set(values[name])) == 1 and values[name][0] not in ("0", ""):
            print(f"{name}: {values[name][0]}")
    columns = [name for name in names if is_worth_a_column(values[name])]
    width = max(map(len, figures))
    for i, name in enumerate(columns):
        print(f"{'':{width}} {'       |' * i}   {name}")
    for kernel, row in figures.items():
        print(f"{kernel:{width}}" + "".join(f"{row.get(name, ''):>8}" for name in columns))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--scheme", default="w8a8", choices=artifact.SCHEMES)
    parser.add_argument("--family", default="generic", choices=["generic", "mali", "adreno"])
    parser.add_argument("--exact", type=int, default=7,
                        help="what the device rounds exactly, as bits (Artifact.h)")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    program = build(options)
    rows = []
    for model in zoo.models(options, zoo.KEPT):
        device, figures = ask(program, emit_modules(options, model), options.exact)
        print(f"{model.name}, {options.scheme}, {options.family}: {len(figures)} forms; "
              + ", ".join(f"{name}: {value}" for name, value in device.items()))
        print_table(figures)
        rows.append({"model": model.name, "device": device, "figures": figures})
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    bad = [kernel for row in rows for kernel, found in row["figures"].items()
           if "died" in found or "refused" in found]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
