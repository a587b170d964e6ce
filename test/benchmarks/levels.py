"""Code and constants of artifacts for several processors, beside those for one:
convolutional networks of about a million weights for levels of x86-64 and of AArch64."""
import argparse
import json
import subprocess
import sys

import artifact
import zoo

LISTS = {"x86_64-linux-gnu": ["x86-64-v2", "x86-64-v3", "avx512vnni"],
         "aarch64-linux-gnu": ["cortex-a53", "cortex-a76", "neoverse-v1"]}
MOST_CODE = 300 << 10  # bytes, for three levels


def compile_for(options, model, scheme, triple, cpus):
    out = options.work / f"{model.name}_{scheme}_{triple.split('-')[0]}_{'+'.join(cpus)}.so"
    command = [options.bin / "quant-compile", model.path, "-o", out, f"--target={triple}",
               f"--mcpu={','.join(cpus)}", "--never-slower=no", *artifact.SCHEMES[scheme],
               *model.shape_options()]
    if scheme not in artifact.FLOAT_SCHEMES:
        calibration = options.work / f"{model.name}_calib.npz"
        zoo.save_samples(model.calibration(), calibration)
        command.append(f"--calib={calibration}")
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"quant-compile: {done.stderr}")
    return out


def sizes(path):
    """Bytes of code, of constants and of the file."""
    printed = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True,
                             check=True).stdout
    sections = {}
    for line in printed.splitlines():
        words = line.replace("[ ", "[").split()
        if len(words) > 6 and words[1].startswith("."):
            sections[words[1]] = int(words[5], 16)
    return {"code": sections.get(".text", 0), "constants": sections.get(".rodata", 0),
            "file": path.stat().st_size}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    zoo.add_options(parser)
    parser.add_argument("--scheme", default="w8a8", choices=artifact.SCHEMES)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    figures, within = [], True
    for model in zoo.models(options, ["mobilenet_v1_050_160_qat", "yolox_nano"]):
        for triple, cpus in LISTS.items():
            for some in [*([cpu] for cpu in cpus), cpus]:
                row = sizes(compile_for(options, model, options.scheme, triple, some))
                figures.append({"model": model.name, "cpus": some, **row})
                print(f"{model.name} {'+'.join(some)}: code {row['code']}, constants "
                      f"{row['constants']}, file {row['file']} bytes", flush=True)
            fits = row["code"] <= MOST_CODE
            within &= fits
            print(f"{model.name} {'+'.join(cpus)}: at most {MOST_CODE} bytes of code: "
                  f"{'yes' if fits else 'NO'}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
