"""The examples build and run, also for AArch64, against the installed package."""
import os
import pathlib
import re
import shutil
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTIR_BUILD_DIR", ROOT / "build" / "dev"))
EXAMPLES = ROOT / "examples"
CROSS = pathlib.Path("/usr/aarch64-linux-gnu")
needs_cross_libc = pytest.mark.skipif(not (CROSS / "lib/libc.a").exists(),
                                      reason="needs libc6-dev-arm64-cross")


def needs(*programs):
    missing = [each for each in programs if not shutil.which(each)]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


def run(*command, status=0, cwd=None, env=None):
    done = subprocess.run([*map(str, command)], cwd=cwd, env=env, capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


# --- classify ----------------------------------------------------------------------------

TARGETS = {
    "host": ([], []),
    "aarch64": (["TARGET=aarch64-linux-gnu", "LDFLAGS=-static"],
                ["qemu-aarch64-static", "-cpu", "cortex-a53"])}

HOST = pytest.param("host", marks=needs("make", "clang-22"))


@pytest.fixture(scope="module", params=[
    HOST,
    pytest.param("aarch64", marks=[
        needs("make", "clang-22", "ld.lld-22", "qemu-aarch64-static"), needs_cross_libc])])
def classify(request, tmp_path_factory):
    """The program, and what runs it."""
    options, emulator = TARGETS[request.param]
    out = tmp_path_factory.mktemp(request.param)
    run("make", f"OUT={out}", f"QUANT_COMPILE={BUILD / 'bin' / 'quant-compile'}", *options,
        cwd=EXAMPLES / "classify")
    return [*emulator, out / "classify"]


def seven():
    """The pixels of seven.pgm."""
    text = re.sub("#.*", "", (EXAMPLES / "classify" / "seven.pgm").read_text())
    return np.array(text.split()[4:], int).reshape(8, 8)


def said(logits):
    """Class and probability as classify prints them."""
    shares = np.exp(logits.astype(float)).ravel()
    return f"{shares.argmax()} ({shares.max() / shares.sum() * 100:.2f} %)\n"


@pytest.fixture(scope="module")
def answer(digits, quant_compile, quant_run, tmp_path_factory):
    """What classify should print: by quant-run, from the picture itself."""
    folder = tmp_path_factory.mktemp("answer")
    np.savez(folder / "in.npz", image=(seven() / 16).astype("f").reshape(1, 1, 8, 8))
    quant_compile(digits / "digits.onnx", "--quantize=w8a8", "--never-slower=no",
                  f"--calib={digits / 'calib.npz'}", "-o", folder / "digits.so")
    quant_run(folder / "digits.so", f"--input={folder / 'in.npz'}",
              f"--output={folder / 'out.npz'}")
    return said(np.load(folder / "out.npz")["logits"])


def pictures():
    """The seven as every kind of file, also larger: the mean of equal pixels is exact."""
    grey = seven()
    wide = grey.repeat(5, 0).repeat(3, 1)
    colour = grey[:, :, None].repeat(3, 2)
    text = " ".join(map(str, colour.ravel()))
    return {"ppm of text": f"P3 8 8 16 {text}".encode(),
            "pgm of bytes": b"P5\n# 5 times as high\n24 40\n16\n" + wide.astype("u1").tobytes(),
            "pgm of two bytes": b"P5 8 8 4096\n" + (grey * 256).astype(">u2").tobytes(),
            "ppm of bytes": b"P6 8 8 16\n" + colour.astype("u1").tobytes()}


def test_classify(classify, answer, tmp_path):
    assert run(*classify, EXAMPLES / "classify" / "seven.pgm").stdout == answer
    for kind, content in pictures().items():
        (tmp_path / "picture").write_bytes(content)
        assert run(*classify, tmp_path / "picture").stdout == answer, kind


REFUSED = {
    b"": "is not a PGM or PPM picture", b"P4 1 1 1": "is not a PGM or PPM picture",
    b"P2 0 1 9 1": "has no width", b"P2 4097 1 9 1": "has no width",
    b"P2 99999999999999999999 1 9 1": "has no width", b"P2 -1 1 9 1": "has no width",
    b"P5 1 1 65536\n11": "has no maximum", b"P5 1 1 9": "has no maximum",
    b"P2 2 1 9 1": "ends before", b"P6 1 2 255\n11111": "ends before",
    b"P2 1 1 9 10": "has a pixel that", b"P5 1 1 9\n\xff": "has a pixel that",
    b"P2 1 1 9 1 1": "goes on", b"P5 1 1 255\n11": "goes on"}


@pytest.mark.parametrize("classify", [HOST], indirect=True)
def test_classify_refuses(classify, tmp_path):
    for content, reason in REFUSED.items():
        (tmp_path / "picture").write_bytes(content)
        assert f"'{tmp_path / 'picture'}' {reason}" in run(
            *classify, tmp_path / "picture", status=1).stderr
    assert "cannot be opened" in run(*classify, tmp_path / "none", status=1).stderr
    assert "usage" in run(*classify, status=2).stderr


# --- embed -------------------------------------------------------------------------------

CACHED = ("CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER", "CMAKE_C_COMPILER_LAUNCHER",
          "CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_C_FLAGS", "CMAKE_CXX_FLAGS",
          "CMAKE_EXE_LINKER_FLAGS", "LLVM_PREFIX")


def configure(source, build, *options):
    """Makes `build` ready with the compilers and flags that Quantir was built with."""
    cache = dict(re.findall(r"^(\w+):\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.M))
    same = [f"-D{name}={cache[name]}" for name in CACHED if name in cache]
    run("cmake", "-G", "Ninja", "-S", source, "-B", build, *same, *options)


@pytest.fixture(scope="module")
def embed():
    """The folder of its programs, built against an installation. Both lie in the build tree,
    where ccache knows the paths again."""
    work = BUILD / "examples"
    shutil.rmtree(work, ignore_errors=True)
    run("cmake", "--install", BUILD, "--prefix", work / "installed")
    configure(EXAMPLES / "embed", work / "embed", f"-DCMAKE_PREFIX_PATH={work / 'installed'}")
    run("cmake", "--build", work / "embed")
    return work / "embed"


@needs("cmake", "ninja")
def test_embed(embed, digits, quant_compile, tmp_path):
    model, samples = digits / "digits.onnx", digits / "calib.npz"
    remarks = run(embed / "embed", model, samples, tmp_path / "digits.so").stderr
    for line in ("'node_conv2d_3': remark: 442368 multiply-accumulates, 27648 bytes of weights",
                 "'node_matmul': remark: 24576 multiply-accumulates, 0 bytes of weights"):
        assert line in remarks
    (tmp_path / "own").mkdir()
    quant_compile(model, "--quantize=w8a8", f"--calib={samples}", "-o",
                  tmp_path / "own" / "digits.so")
    assert (tmp_path / "digits.so").read_bytes() == (tmp_path / "own/digits.so").read_bytes()

    errors = run(embed / "embed", model, samples, tmp_path / "no.so", 500000, status=1).stderr
    assert len(re.findall("error: 'quantir.matmul' op takes 516096 multiply-accumulates; "
                          "the limit is 500000", errors)) == 4
    assert not (tmp_path / "no.so").exists()


@needs("cmake", "ninja")
def test_embed_opt(embed, digits, quant_compile, tmp_path):
    quant_compile(digits / "digits.onnx", "--compile-to=import", "-o", tmp_path / "digits.mlir")
    limit = run(embed / "embed-opt", tmp_path / "digits.mlir", "--limit-work=max-macs=500000",
                status=1)
    assert "516096 multiply-accumulates; the limit is 500000" in limit.stderr


@needs("cmake", "ninja")
def test_installation(embed, digits, tmp_path):
    """Programs run from where they were installed, and nothing there names the build tree."""
    installed = embed.parent / "installed"
    run(installed / "bin" / "quant-compile", digits / "digits.onnx", "-o", tmp_path / "x.so")
    run(installed / "bin" / "quant-run", tmp_path / "x.so", f"--input={digits / 'eval.npz'}",
        "--benchmark")
    run(installed / "bin" / "quant-opt", "--version")
    assert (installed / "lib" / "libquantir_runtime.so").exists()
    for file in installed.glob("lib/cmake/Quantir/*"):
        assert str(ROOT) not in file.read_text().replace(str(installed), ""), file


@needs("cmake", "ninja")
def test_runtime_alone(embed, tmp_path):
    """Programs that load artifacts need the package without LLVM."""
    (tmp_path / "CMakeLists.txt").write_text("""cmake_minimum_required(VERSION 3.25)
project(loads LANGUAGES C)
find_package(Quantir REQUIRED CONFIG COMPONENTS Runtime)
add_executable(loads loads.c)
target_link_libraries(loads PRIVATE Quantir::Runtime)
add_executable(shares loads.c)
target_link_libraries(shares PRIVATE Quantir::RuntimeShared)
""")
    (tmp_path / "loads.c").write_text("""#include "quantir/Runtime/Runtime.h"
int main(void) { return quantir_load("none.so", 0) == 0 ? 0 : 1; }
""")
    configure(tmp_path, tmp_path / "build", "-DCMAKE_DISABLE_FIND_PACKAGE_MLIR=TRUE",
              f"-DCMAKE_PREFIX_PATH={embed.parent / 'installed'}")
    run("cmake", "--build", tmp_path / "build")
    for program in ("loads", "shares"):
        run(tmp_path / "build" / program)


@needs("cmake", "ninja")
def test_package_of_the_build_tree(embed):
    tree = embed.parent / "tree"
    configure(EXAMPLES / "embed", tree, f"-DQuantir_DIR={BUILD / 'lib/cmake/Quantir'}")
    run("cmake", "--build", tree, "--target", "LimitWork")


# --- android -----------------------------------------------------------------------------

ANDROID = pathlib.Path(__file__).parent / "android"
NDK = "cmake", "ninja", "clang-22", "ld.lld-22", "llvm-readelf-22"  # instead of it


@pytest.fixture(scope="module")
def app(digits, quant_compile, tmp_path_factory):
    """A copy of the example as its README builds it, with clang for the NDK."""
    app = tmp_path_factory.mktemp("android") / "app"
    shutil.copytree(EXAMPLES / "android" / "app", app,
                    ignore=shutil.ignore_patterns("model", "jniLibs"))
    main, build = app / "src/main", app / "build"
    (main / "cpp/model/arm64-v8a").mkdir(parents=True)
    quant_compile(digits / "digits.onnx", "--quantize=w8a8", "--never-slower=no",
                  f"--calib={digits / 'calib.npz'}", "--target=aarch64-linux-android24",
                  "--mcpu=cortex-a53,cortex-a76", "-o", main / "cpp/model/arm64-v8a/digits.a")
    run("clang-22", "--target=aarch64-linux-android24", "-fuse-ld=lld", "-O1", "-shared",
        "-fno-builtin", "-ffreestanding", "-nostdlibinc", "-nostdlib", "-Wl,-soname,libc.so",
        ANDROID / "libc.c", "-o", app / "libc.so")
    run("cmake", "-G", "Ninja", "-S", main / "cpp", "-B", build,
        f"-DCMAKE_TOOLCHAIN_FILE={ANDROID / 'toolchain.cmake'}",
        env={**os.environ, "STUBS": str(app)})
    run("cmake", "--build", build)
    run("cmake", "--install", build, "--prefix", main)
    return app


@needs(*NDK)
def test_library_asks_for_what_android_has(app):
    library = app / "src/main/jniLibs/arm64-v8a/libclassifier.so"
    elf = run("llvm-readelf-22", "-h", "-l", "-d", "--dyn-syms", "-W", library).stdout
    assert re.search("Machine: +AArch64", elf)
    assert re.findall(r"NEEDED.*\[(.*)\]", elf) == ["libc.so"]
    assert "TEXTREL" not in elf
    assert {int(line.split()[-1], 16) for line in elf.splitlines()
            if line.split()[:1] == ["LOAD"]} == {16384}
    symbols = [line.split() for line in elf.splitlines() if " GLOBAL " in line]
    asked = {name[7].split("@")[0] for name in symbols if name[6] == "UND"}
    assert asked <= {"memcpy", "memset", "memmove"}
    assert [name[7] for name in symbols if name[6] != "UND"] == [
        "Java_com_example_digits_Classifier_logits"]


@needs(*NDK, "qemu-aarch64-static")
@needs_cross_libc
def test_called_as_java_does(app, answer):
    run("clang-22", "--target=aarch64-linux-gnu", "-fuse-ld=lld", ANDROID / "java.c",
        "-o", app / "java")
    def call(picture, processor):
        return subprocess.run(
            ["qemu-aarch64-static", "-cpu", processor, "-L", CROSS,
             "-E", f"LD_LIBRARY_PATH={app}", app / "java",
             app / "src/main/jniLibs/arm64-v8a/libclassifier.so"],
            input=picture.tobytes(), capture_output=True)

    image = (seven() / 16).astype("f")
    for processor in ("cortex-a53", "cortex-a76", "max"):
        done = call(image, processor)
        assert done.returncode == 0, done.stderr
        assert said(np.frombuffer(done.stdout, "f")) == answer
    done = call(image[:7], "max")
    assert done.returncode == 3
    assert b"java/lang/IllegalArgumentException: a picture has 8 x 8" in done.stderr
