"""The files that quant-compile writes, as a C program meets them."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest

CC = next(filter(None, map(shutil.which, ["clang-22", "cc"])))
CXX = next(filter(None, map(shutil.which, ["clang++-22", "c++"])))
NM = "llvm-nm-22"


def call(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def saved(quant_compile, digits, small, tmp_path_factory):
    """Flags that compile the shipped and the small model, calibrated once."""
    folder = tmp_path_factory.mktemp("saved")
    flags = {}
    for model, data in [(digits / "digits.onnx", digits / "calib.npz"),
                        (small / "small.onnx", small / "all.npz")]:
        stats = folder / model.stem
        quant_compile(model, "--quantize=w8a8", f"--calib={data}", f"--calib-stats-out={stats}",
                      "--compile-to=quantize", "-o", folder / "x.mlir")
        flags[model.stem] = [model, "--quantize=w8a8", f"--calib-stats-in={stats}"]
    return flags


@pytest.fixture(scope="module")
def built(quant_compile, saved, tmp_path_factory):
    """Both models in every form: (model, ending) -> path."""
    folder = tmp_path_factory.mktemp("built")
    paths = {}
    for model, flags in saved.items():
        for ending in [".so", ".o", ".a"]:
            (folder / ending).mkdir(exist_ok=True)
            paths[model, ending] = folder / ending / (model + ending)
            quant_compile(*flags, "-o", paths[model, ending])
    return paths


MODELS = pytest.mark.parametrize("model", ["digits", "small"])


@MODELS
@pytest.mark.parametrize("ending", [".so", ".o", ".a"])
def test_another_folder_gives_the_same_bytes(quant_compile, saved, built, tmp_path, monkeypatch,
                                             model, ending):
    original, scheme, statistics = saved[model]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    shutil.copy(original, "copy.onnx")
    for name, value in {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Tokyo", "HOME": "/"}.items():
        monkeypatch.setenv(name, value)
    quant_compile("copy.onnx", scheme, statistics, "-o", model + ending)
    for suffix in [ending, ".h"]:
        assert (pathlib.Path(model + suffix).read_bytes()
                == built[model, ending].with_suffix(suffix).read_bytes())


@MODELS
@pytest.mark.parametrize("ending", [".so", ".o", ".a"])
def test_symbols(built, model, ending):
    path = built[model, ending]
    dynamic = ["--dynamic"] if ending == ".so" else []
    needed = set(call(NM, *dynamic, "--undefined-only", "--format=just-symbols", path).split())
    assert [name for name in needed if not name.endswith(":")] == []
    shown = call(NM, *dynamic, "--defined-only", "--extern-only", "--format=just-symbols", path)
    names = {name for name in shown.split() if not name.endswith(":")}
    wanted = {f"{model}_run", f"{model}_description"}
    if ending == ".so":
        wanted |= {"quantir_run", "quantir_artifact"}
    assert names == wanted


def test_symbols_are_named_after_the_output(quant_compile, saved, tmp_path):
    path = tmp_path / "7-segment net.o"
    quant_compile(*saved["small"], "-o", path)
    names = call(NM, "--defined-only", "--extern-only", "--format=just-symbols", path).split()
    assert names == ["model_7_segment_net_description", "model_7_segment_net_run"]


@MODELS
def test_nothing_writable(built, model):
    """Two threads may run one model: it has no state."""
    sections = call("llvm-readelf-22", "--sections", "--wide", built[model, ".o"])
    writable = [line for line in sections.splitlines()
                if " WA" in line and " 000000 " not in line and ".data.rel.ro" not in line]
    assert writable == []


@MODELS
@pytest.mark.parametrize("language", [[CC, "-xc", "-std=c99"], [CXX, "-xc++", "-std=c++11"]])
def test_header_is_c99_and_cpp(built, model, language):
    header = built[model, ".o"].with_suffix(".h")
    call(*language, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
         "-include", header, "-include", header, "/dev/null")


PROGRAM = r"""
#include "digits.h"
#include "small.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*run_t)(const quantir_context *);
struct job { run_t run; const quantir_description *about; const void *input; void *expected; int wrong; };

static size_t bytes(const quantir_tensor *t) {
  size_t n = 4;
  for (int i = 0; i < t->rank; ++i) n *= (size_t)t->shape[i];
  return n;
}
static void *read_file(const char *path, size_t n) {
  void *data = aligned_alloc(64, (n + 63) / 64 * 64);
  FILE *f = fopen(path, "rb");
  if (!f || fread(data, 1, n, f) != n) exit(2);
  fclose(f);
  return data;
}
static void *work(void *argument) {
  struct job *job = argument;
  const quantir_description *about = job->about;
  size_t size = bytes(about->outputs);
  void *output = aligned_alloc(64, (size + 63) / 64 * 64);
  quantir_context context;
  memset(&context, 0, sizeof context);
  context.inputs = &job->input;
  context.outputs = &output;
  context.arena = aligned_alloc(64, (about->arena_size + 63) / 64 * 64 + 64);
  for (int i = 0; i < 200; ++i) {
    memset(output, 0xa5, size);
    if (job->run(&context) || memcmp(output, job->expected, size)) ++job->wrong;
  }
  return NULL;
}
int main(int argc, char **argv) {
  struct job jobs[4] = {{digits_run, &digits_description, 0, 0, 0},
                        {digits_run, &digits_description, 0, 0, 0},
                        {small_run, &small_description, 0, 0, 0},
                        {small_run, &small_description, 0, 0, 0}};
  pthread_t threads[4];
  (void)argc;
  for (int i = 0; i < 4; ++i) {
    jobs[i].input = read_file(argv[1 + 2 * i], bytes(jobs[i].about->inputs));
    jobs[i].expected = read_file(argv[2 + 2 * i], bytes(jobs[i].about->outputs));
    pthread_create(&threads[i], NULL, work, &jobs[i]);
  }
  int wrong = 0;
  for (int i = 0; i < 4; ++i) {
    pthread_join(threads[i], NULL);
    wrong += jobs[i].wrong;
  }
  printf("%d wrong\n", wrong);
  return wrong != 0;
}
"""


@pytest.mark.parametrize("ending", [".o", ".a"])
def test_two_models_in_four_threads_of_one_program(quant_run, built, digits, small, tmp_path,
                                                   ending):
    arguments = []
    for model, data in [("digits", digits / "eval.npz"), ("small", small / "all.npz")]:
        out = tmp_path / "out.npz"
        quant_run(built[model, ".so"], f"--input={data}", f"--output={out}")
        (inputs,), (outputs,) = np.load(data).values(), np.load(out).values()
        for sample in [1, 2]:
            for kind, array in [("in", inputs), ("out", outputs)]:
                path = tmp_path / f"{model}{sample}.{kind}"
                path.write_bytes(np.ascontiguousarray(array[sample]).tobytes())
                arguments.append(path)
    (tmp_path / "main.c").write_text(PROGRAM)
    folder = built["digits", ending].parent
    call(CC, "-std=gnu11", "-Wall", "-Wextra", "-Werror", f"-I{folder}", tmp_path / "main.c",
         built["digits", ending], built["small", ending], "-pthread", "-o", tmp_path / "main")
    assert call(tmp_path / "main", *arguments) == "0 wrong\n"


def test_killed_runs_leave_no_half_library(quant_compile, saved, built, tmp_path):
    """At any moment the library is absent or whole."""
    out = tmp_path / "small.so"
    command = [quant_compile.program, *saved["small"], "-o", out]
    start = time.monotonic()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    whole_time = time.monotonic() - start
    for part in np.linspace(0.3, 1.1, 9):
        out.unlink(missing_ok=True)
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(part * whole_time)
        process.kill()
        process.wait()
        if out.exists():
            assert out.read_bytes() == built["small", ".so"].read_bytes()


STOPPER = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/* Opens a file; asks the process to end as soon as file number STOP_AT is made. */
static int opened(const char *name, const char *path, int flags, va_list more) {
  static int files;
  int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name);
  int file = next(path, flags, flags & O_CREAT ? va_arg(more, mode_t) : 0);
  if (file >= 0 && (flags & O_CREAT) && files++ == atoi(getenv("STOP_AT")))
    kill(getpid(), SIGTERM);
  return file;
}
#define OPEN(name) int name(const char *path, int flags, ...) { \
  va_list more; va_start(more, flags); int file = opened(#name, path, flags, more); \
  va_end(more); return file; }
OPEN(open)
OPEN(open64)
"""


def test_ended_runs_leave_no_files(quant_compile, saved, tmp_path):
    """Asked to end right behind the making of any file, a run takes all of them away."""
    (tmp_path / "stopper.c").write_text(STOPPER)
    call(CC, "-shared", "-fPIC", tmp_path / "stopper.c", "-o", tmp_path / "stopper.so", "-ldl")
    (tmp_path / "out").mkdir()
    command = [quant_compile.program, *saved["small"], "-o", tmp_path / "out" / "small.so"]
    stops = 0
    while True:
        ended = subprocess.run(command, stderr=subprocess.DEVNULL, env={
            **os.environ, "LD_PRELOAD": tmp_path / "stopper.so", "STOP_AT": str(stops)})
        left = {path.name for path in (tmp_path / "out").iterdir()}
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGTERM
        assert left == set(), f"after file {stops}"
        stops += 1
    assert left == {"small.so", "small.h"} and stops >= 4


def test_code_for_another_processor_is_refused(quant_compile, quant_run, small, tmp_path):
    """Instead of dying of an unknown instruction."""
    out = tmp_path / "small.so"
    quant_compile(small / "small.onnx", "--mcpu=x86-64-v3", "-o", out)
    whole = out.read_bytes()
    assert whole.count(b",avx2,") == 1
    out.write_bytes(whole.replace(b",avx2,", b",avx9,"))
    error = quant_run(out, status=1).stderr
    assert "was compiled for x86-64-v3 and needs 'avx9', which this processor lacks" in error
