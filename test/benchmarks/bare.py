"""Artifacts on processors that this machine has not, by qemu: bare.c or bare.mjs around them."""
import pathlib
import shutil
import subprocess

import numpy as np

COMPILER = shutil.which("clang-22") or shutil.which("clang")
FLAGS = ["-O2", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-nostdlib",
         "-static", "-fuse-ld=lld"]


def emulator(triple):
    """The program that runs code for `triple`, or None."""
    if triple.startswith("wasm"):
        return shutil.which("node")
    architecture = triple.split("-")[0]
    architecture = "arm" if architecture.startswith("armv7") else architecture
    return COMPILER and shutil.which(f"qemu-{architecture}-static")


def file(triple):
    """What quant-compile has to write for `link`."""
    return "model.wasm" if triple.startswith("wasm") else "model.o"


def link(folder, triple):
    """Links model.o of `folder`, whose header is model.h, to `folder`/model; a library of
    WebAssembly is a program already."""
    if triple.startswith("wasm"):
        return folder / file(triple)
    program = folder / "model"
    subprocess.run([COMPILER, f"--target={triple}", *FLAGS, f"-I{folder}",
                    pathlib.Path(__file__).with_name("bare.c"), folder / "model.o",
                    "-o", program], check=True)
    return program


def run(program, triple, processor, inputs, like, samples=1):
    """Outputs by name, shaped as the arrays `like`, which hold so many samples, as the
    `inputs` do. Both are in the artifact's order and types."""
    def parts(arrays):
        return zip(*(np.split(array, samples) for array in arrays))

    sent = b"".join(array.tobytes() for sample in parts(inputs.values())
                    for array in sample)
    how = ([pathlib.Path(__file__).with_name("bare.mjs")] if triple.startswith("wasm")
           else ["-cpu", processor])
    done = subprocess.run([emulator(triple), *how, program], input=sent,
                          stdout=subprocess.PIPE, check=True).stdout
    at, outputs = 0, []
    for sample in parts(like.values()):
        outputs.append([])
        for array in sample:
            outputs[-1].append(np.frombuffer(done, array.dtype, array.size, at)
                               .reshape(array.shape))
            at += array.nbytes
    assert at == len(done), "there are more outputs"
    return dict(zip(like, map(np.concatenate, zip(*outputs))))
