"""Artifacts on processors that this machine has not, by qemu: bare.c around them."""
import pathlib
import shutil
import subprocess

import numpy as np

COMPILER = shutil.which("clang-22") or shutil.which("clang")
FLAGS = ["-O2", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-nostdlib",
         "-static", "-fuse-ld=lld"]


def emulator(triple):
    """The program that runs code for `triple`, or None."""
    architecture = triple.split("-")[0]
    architecture = "arm" if architecture.startswith("armv7") else architecture
    return COMPILER and shutil.which(f"qemu-{architecture}-static")


def link(folder, triple):
    """Links model.o of `folder`, whose header is model.h, to `folder`/model."""
    program = folder / "model"
    subprocess.run([COMPILER, f"--target={triple}", *FLAGS, f"-I{folder}",
                    pathlib.Path(__file__).with_name("bare.c"), folder / "model.o",
                    "-o", program], check=True)
    return program


def run(program, triple, processor, inputs, like):
    """Outputs of one run by name, shaped as the arrays `like`. `inputs` and `like` are in
    the artifact's order and types."""
    done = subprocess.run([emulator(triple), "-cpu", processor, program],
                          input=b"".join(array.tobytes() for array in inputs.values()),
                          stdout=subprocess.PIPE, check=True).stdout
    outputs, at = {}, 0
    for name, array in like.items():
        outputs[name] = np.frombuffer(done, array.dtype, array.size, at).reshape(array.shape)
        at += array.nbytes
    assert at == len(done), "there are more outputs"
    return outputs
