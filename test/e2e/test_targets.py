"""Files for every system, made without its SDK: their format, and that they need nothing.
Those that an emulator can run compute the interpreter's bytes."""
import shutil
import subprocess

import bare
import numpy as np
import pytest
from exactness import differences
from test_exactness import Case

FILES = {  # what llvm-readobj calls the format; a linked library, a static one, an object
    "x86_64-linux-gnu": ("elf64-x86-64", "so", "a", "o"),
    "x86_64-linux-android": ("elf64-x86-64", "so", "a", "o"),
    "aarch64-linux-gnu": ("elf64-littleaarch64", "so", "a", "o"),
    "aarch64-linux-android24": ("elf64-littleaarch64", "so", "a", "o"),
    "arm64-apple-ios": ("Mach-O arm64", "dylib", "a", "o"),
    "arm64-apple-macos": ("Mach-O arm64", "dylib", "a", "o"),
    "x86_64-apple-macos": ("Mach-O 64-bit x86-64", "dylib", "a", "o"),
    "aarch64-windows-msvc": ("COFF-ARM64", "dll", "lib", "obj"),
    "x86_64-windows-msvc": ("COFF-x86-64", "dll", "lib", "obj"),
    "riscv64-linux-gnu": ("elf64-littleriscv", "so", "a", "o"),
    "armv7-linux-gnueabihf": ("elf32-littlearm", "so", "a", "o"),
    "armv7a-linux-androideabi24": ("elf32-littlearm", "so", "a", "o"),
    "wasm32-wasi": ("WASM", "wasm", "a", "o"),
}
OF_THE_LINKER = {"__indirect_function_table", "__linear_memory", "__stack_pointer"}


def call(tool, *arguments):
    return subprocess.run([f"llvm-{tool}-22", *map(str, arguments)], check=True,
                          capture_output=True, text=True).stdout


@pytest.mark.parametrize("target", FILES)
def test_files_need_nothing(target, small, quant_compile, tmp_path):
    form, *endings = FILES[target]
    for ending in endings:
        path = tmp_path / f"model.{ending}"
        quant_compile(small / "small.onnx", f"--target={target}", "-o", path)
        described = call("readobj", "--file-headers", "--needed-libs", path)
        assert f"Format: {form}\n" in described
        needed = described.partition("NeededLibraries [")[2].strip(" \n]").split()
        assert needed in ([], ["@rpath/model.dylib"])  # a dylib names itself
        dynamic = []
        if ending == "so":
            dynamic = ["--dynamic"]  # and pages of 16 KiB
            assert call("readobj", "--program-headers", path).count("Alignment: 16384\n") > 1
        missing = call("nm", *dynamic, "--undefined-only", "--format=just-symbols", path)
        assert {name for name in missing.split() if name[-1] != ":"} <= OF_THE_LINKER
    assert "model_run" in path.with_suffix(".h").read_text()


def test_endings_of_other_systems_are_refused(small, quant_compile, tmp_path):
    done = quant_compile(small / "small.onnx", "--target=arm64-apple-ios", "-o",
                         tmp_path / "model.so", status=2)
    assert "give it one of the endings .dylib, .o, .a, .s, .ll" in done.stderr


@pytest.fixture(scope="module", ids="-".join,
                params=[("attention", "w8a8"), ("functions", "none")])
def case(request, tmp_path_factory, quant_compile, quant_opt):
    return Case(*request.param, tmp_path_factory.mktemp("targets"), quant_compile,
                quant_opt)


@pytest.mark.parametrize("target, features, processor", [
    ("riscv64-linux-gnu", "", "rv64"), ("armv7-linux-gnueabihf", "", "max"),
    ("wasm32-unknown-unknown", "", ""), ("wasm32-unknown-unknown", "+simd128", "")])
def test_same_bytes(case, target, features, processor, quant_compile):
    if not bare.emulator(target):
        pytest.skip("needs an emulator")
    quant_compile(case.model, *case.flags, f"--target={target}", f"--mattr={features}",
                  "-o", case.folder / bare.file(target))
    inputs = dict(np.load(case.input))
    samples = len(next(iter(inputs.values())))
    actual = bare.run(bare.link(case.folder, target), target, processor, inputs,
                      case.expected, samples)
    assert differences(case.expected, actual) == []
