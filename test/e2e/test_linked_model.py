"""A program that a model is linked into, and the runtime with it, runs it on a GPU; and the
runtime is built alone for a phone's processor."""
import os
import pathlib
import shutil
import subprocess

import pytest
from test_gpu_settings import model_of_products

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("QUANTIR_BUILD_DIR", ROOT / "build" / "dev"))
CROSS = pathlib.Path("/usr/aarch64-linux-gnu")
TOOLS = "cmake", "ninja", "clang-22", "ld.lld-22", "llvm-nm-22", "qemu-aarch64-static"
# What Android 7 lacks of the C library and programs like to call.
NOT_IN_ANDROID_24 = {"aligned_alloc", "getentropy", "getrandom", "glob", "memfd_create",
                     "qsort_r", "thrd_create", "mtx_lock"}


def call(*command, status=0):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stdout + done.stderr
    return done


@pytest.fixture
def program(quant_compile, tmp_path):
    """Links the program with the runtime, for a processor."""

    def link(runtime, *flags):
        model_of_products().save(tmp_path / "m.onnx")
        target = [f"--target={flag[9:]}" for flag in flags if flag.startswith("--target=")]
        quant_compile(tmp_path / "m.onnx", "--gpu=vulkan", *target, "-o", tmp_path / "model.a")
        call("clang-22", *flags, f"-I{ROOT / 'include'}", f"-I{tmp_path}",
             HERE / "linked_model.c", tmp_path / "model.a", runtime, "-lpthread", "-ldl",
             "-o", tmp_path / "program")
        return tmp_path / "program"

    return link


@pytest.mark.skipif(not shutil.which("clang-22"), reason="needs clang-22")
def test_runs_on_a_gpu(program):
    path = program(BUILD / "lib" / "Runtime" / "libQuantirRuntime.a")
    on_cpu = call(path, "cpu").stdout.splitlines()
    assert on_cpu[0] == "cpu" and len(on_cpu) == 1 + 7 * 18
    done = subprocess.run([path, "vulkan"], capture_output=True, text=True, timeout=60)
    if done.returncode == 1 and "Vulkan" in done.stderr:
        pytest.skip(done.stderr)
    on_gpu = done.stdout.splitlines()
    assert on_gpu[0] != "cpu" and on_gpu[1:] == on_cpu[1:]


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)) or not CROSS.exists(),
                    reason="needs " + ", ".join(TOOLS) + f" and {CROSS}")
def test_runs_on_the_processor_where_no_gpu_is(program, tmp_path):
    triple = "aarch64-linux-gnu"
    call("cmake", "-S", ROOT / "lib" / "Runtime", "-B", tmp_path / "runtime", "-G", "Ninja",
         "-DCMAKE_SYSTEM_NAME=Linux", "-DCMAKE_SYSTEM_PROCESSOR=aarch64",
         "-DCMAKE_C_COMPILER=clang-22", f"-DCMAKE_C_COMPILER_TARGET={triple}",
         "-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld-22",
         "-DCMAKE_SHARED_LINKER_FLAGS=-fuse-ld=lld-22")
    call("cmake", "--build", tmp_path / "runtime")
    called = call("llvm-nm-22", "-uDj", tmp_path / "runtime" / "libquantir_runtime.so")
    names = {name.split("@")[0] for name in called.stdout.split()}
    assert "posix_memalign" in names and not names & NOT_IN_ANDROID_24
    path = program(tmp_path / "runtime" / "libQuantirRuntime.a", f"--target={triple}",
                   "-fuse-ld=lld-22")
    emulator = "qemu-aarch64-static", "-L", CROSS
    done = call(*emulator, path, "auto")
    assert "there is no Vulkan here" in done.stderr
    assert done.stdout.splitlines()[0] == "cpu"
    assert "there is no Vulkan here" in call(*emulator, path, "vulkan", status=1).stderr
