"""Models on a Vulkan device, lavapipe if there is no other: the CPU's bytes with all that
the device offers and without it, one submit a run and nothing else, a silent validation
layer, and a report of it for every barrier that is left out."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import artifact
import gpu_program
import zoo

LAVAPIPE = pathlib.Path("/usr/share/vulkan/icd.d/lvp_icd.x86_64.json")
SETTINGS = """khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG
khronos_validation.report_flags = error,warn
khronos_validation.enable_message_limit = false
khronos_validation.log_filename = {log}
khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT
"""
# How a device may fall short.
WAYS = {"computed floats": {}, "no dot products, no f16": {"hidden_needs": gpu_program.ALL_NEEDS},
        "second forms": {"skipped_forms": 1}, "last forms": {"skipped_forms": 9},
        "staged": {"staged": 1}}
EXPECTED = {"submits": 1, "recordings": 0, "descriptor_updates": 0, "allocations": 0}


def same(found, expected):
    return all(found[name].tobytes() == expected[name].tobytes() for name in expected)


def ways(path, samples, expected):
    """Which ways of running give the CPU's bytes, and what a run asks of the driver."""
    program = gpu_program.GpuProgram(path)
    d, results, asked = program.program, {}, []
    for way, options in WAYS.items():
        recorded = program.record(**options)
        runs = [program.run(recorded, sample) for sample in samples]
        results[way] = all(same(found, wanted)
                           for (found, _), wanted in zip(runs, expected))
        asked += [counters for _, counters in runs]
        program.free(recorded)
    row = {"kernels": d.num_kernels, "dispatches": d.num_dispatches,
           "barriers": len(program.barriers()), "packed code": program.code_bytes()[0],
           "code": program.code_bytes()[1], "constants": d.constants_size,
           "arena": d.arena_size, "same": results,
           "asked": all(counters == EXPECTED for counters in asked)}
    program.close()
    return row


def lines(log):
    text = pathlib.Path(log).read_text() if os.path.exists(log) else ""
    return [line for line in text.splitlines()
            if "Validation Error" in line or "SYNC-HAZARD" in line
            or "Validation Warning" in line]


def validate(path, log, sample, most):
    """Under the layer: its reports of the program, and the barriers without which it is
    silent. Of two writes by shaders it says nothing (Vulkan-ValidationLayers #2158)."""
    program = gpu_program.GpuProgram(path)
    recorded = program.record()
    program.run(recorded, sample)
    program.free(recorded)
    reports = lines(log)
    barriers = list(filter(program.orders_a_read, program.barriers()))
    of_writes = len(program.barriers()) - len(barriers)
    chosen = barriers if not most else barriers[::-(-len(barriers) // most)]
    silent = []
    for barrier in chosen:
        before = len(lines(log))
        program.free(program.record(drop_barrier=barrier + 1))
        if not any("SYNC-HAZARD" in line for line in lines(log)[before:]):
            silent.append(barrier)
    return {"reports": reports[:10], "dropped": len(chosen), "unseen": silent,
            "of writes alone": of_writes}


def validated(path, sample, most):
    """`validate` in a process of its own that has the layer."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        log = folder / "log"
        (folder / "vk_layer_settings.txt").write_text(SETTINGS.format(log=log))
        np.savez(folder / "sample.npz", **sample)
        done = subprocess.run(
            [sys.executable, __file__, "--validate", path, folder, str(most)],
            env={**os.environ, "VK_INSTANCE_LAYERS": "VK_LAYER_KHRONOS_validation",
                 "VK_LAYER_SETTINGS_PATH": str(folder)}, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError("the validated run failed")
        return json.loads(done.stdout.splitlines()[-1])


def outputs(options, path, samples, device):
    """Of quant-run, which on a GPU chooses the way."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        results = []
        for sample in samples:
            np.savez(folder / "in.npz", **sample)
            done = subprocess.run(
                [options.bin / "quant-run", path, f"--device={device}",
                 f"--input={folder / 'in.npz'}", f"--output={folder / 'out.npz'}"],
                stderr=subprocess.PIPE, text=True)
            if done.returncode:
                raise RuntimeError(f"quant-run: {done.stderr}")
            with np.load(folder / "out.npz") as arrays:
                results.append({name: arrays[name] for name in arrays})
        return results


def compile_for_gpus(options, model):
    return artifact.compile_model(options, model, options.scheme,
                                  [f"--gpu=vulkan:{options.family}"],
                                  f"_gpu_{options.family}")


def check(options, model):
    path = compile_for_gpus(options, model)
    calibration = model.calibration()
    samples = [model.sample(), *calibration[1:options.samples]]
    names = {tensor.name for tensor in zoo.graph_inputs(model.path)}
    # Empty ones, such as a decoder's first cache, are no inputs of an artifact.
    samples = [{k: v for k, v in sample.items() if k in names and v.size}
               for sample in samples]
    expected = outputs(options, path, samples, "cpu")
    chosen = outputs(options, path, samples, "vulkan")
    row = {"model": model.name, **ways(path, samples, expected),
           **validated(path, samples[0], options.barriers)}
    row["same"]["the runtime's choice"] = all(map(same, chosen, expected))
    row["passes"] = (all(row["same"].values()) and row["asked"] and not row["reports"]
                     and not row["unseen"])
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    zoo.add_options(parser)
    parser.add_argument("--scheme", default="w8a8", choices=artifact.SCHEMES)
    parser.add_argument("--family", default="generic", choices=["generic", "mali", "adreno"])
    parser.add_argument("--samples", type=int, default=2)
    parser.add_argument("--barriers", type=int, default=0,
                        help="leave out so many of a model's barriers, not all")
    options = parser.parse_args()
    rows = []
    for model in zoo.models(options, zoo.ALL):
        try:
            rows.append(check(options, model))
        except RuntimeError as error:
            rows.append({"model": model.name, "passes": False, "error": str(error)})
            print(f"{model.name}: {error}", flush=True)
            continue
        row = rows[-1]
        wrong = [way for way, right in row["same"].items() if not right]
        print(f"{row['model']}: {row['dispatches']} dispatches of {row['kernels']} kernels, "
              f"{row['barriers']} barriers; SPIR-V {row['packed code']} "
              f"(unpacked {row['code']}), constants "
              f"{row['constants']}, arena {row['arena']} bytes; the CPU's bytes: "
              f"{'not with ' + ', '.join(wrong) if wrong else 'yes, in every way'}; one "
              f"submit and nothing else: {'yes' if row['asked'] else 'NO'}; reports "
              f"{len(row['reports'])}; races seen without a barrier: "
              f"{row['dropped'] - len(row['unseen'])} of {row['dropped']} (and "
              f"{row['of writes alone']} order two writes)", flush=True)
        for report in row["reports"]:
            print(f"  {report}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))
    return 0 if all(row["passes"] for row in rows) else 1


if __name__ == "__main__":
    if LAVAPIPE.exists():
        os.environ.setdefault("VK_ICD_FILENAMES", str(LAVAPIPE))
    if sys.argv[1:2] == ["--validate"]:
        library, given, most_barriers = sys.argv[2:]
        with np.load(f"{given}/sample.npz") as arrays:
            feed = {name: arrays[name] for name in arrays}
        print(json.dumps(validate(library, f"{given}/log", feed, int(most_barriers))))
    else:
        sys.exit(main())
