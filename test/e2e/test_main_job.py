"""The shipped model from ONNX to int8 numbers, with the tools a user has."""
import json
import subprocess

import numpy as np
import onnxruntime
import pytest


@pytest.fixture(scope="module")
def library(quant_compile, digits, tmp_path_factory):
    """The shipped model compiled for this machine."""
    out = tmp_path_factory.mktemp("digits") / "digits.so"
    quant_compile(digits / "digits.onnx", "--quantize=w8a8",
                  f"--calib={digits / 'calib.npz'}", "-o", out)
    return out


def logits(quant_run, library, digits, *options):
    out = library.with_suffix(".npz")
    quant_run(library, f"--input={digits / 'eval.npz'}", f"--output={out}", *options)
    return np.load(out)["logits"]


def fp32_logits(digits):
    session = onnxruntime.InferenceSession(digits / "digits.onnx")
    return session.run(None, dict(np.load(digits / "eval.npz")))[0]


def test_int8_is_as_accurate_as_fp32(quant_run, library, digits):
    labels = np.load(digits / "labels.npy")
    int8 = logits(quant_run, library, digits).reshape(len(labels), -1)
    fp32 = fp32_logits(digits)
    assert np.mean(int8.argmax(1) == labels) >= np.mean(fp32.argmax(1) == labels) - 0.005


def test_int8_stays_small(library, digits):
    """A quarter are the weights; the goal for all is 30 %."""
    assert library.stat().st_size <= 0.36 * (digits / "digits.onnx").stat().st_size


def test_fp32_artifact_equals_onnxruntime(quant_compile, quant_run, digits, tmp_path):
    out = tmp_path / "fp32.so"
    quant_compile(digits / "digits.onnx", "--quantize=none", "-o", out)
    theirs = fp32_logits(digits)
    ours = logits(quant_run, out, digits).reshape(theirs.shape)
    assert np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max()


def test_library_needs_nothing(library):
    symbols = subprocess.run(["llvm-nm-22", "--dynamic", "--undefined-only",
                              "--format=just-symbols", library],
                             capture_output=True, text=True, check=True).stdout
    assert symbols.split() == []


def test_two_builds_are_the_same_bytes(quant_compile, library, digits, tmp_path):
    again = tmp_path / "digits.so"
    quant_compile(digits / "digits.onnx", "--quantize=w8a8",
                  f"--calib={digits / 'calib.npz'}", "-o", again)
    assert again.read_bytes() == library.read_bytes()


@pytest.mark.parametrize("options", [
    ["-O0"], ["-O3"], ["--mattr=-avx512f"], ["--mcpu=x86-64"]])
def test_every_code_computes_the_same_bytes(quant_compile, quant_run, library, digits,
                                            tmp_path, options):
    out = tmp_path / "digits.so"
    quant_compile(digits / "digits.onnx", "--quantize=w8a8",
                  f"--calib={digits / 'calib.npz'}", "-o", out, *options)
    assert (logits(quant_run, out, digits).tobytes()
            == logits(quant_run, library, digits).tobytes())


def test_threads_compute_the_same_bytes(quant_run, library, digits):
    assert (logits(quant_run, library, digits, "--num_threads=2").tobytes()
            == logits(quant_run, library, digits, "--num_threads=1").tobytes())


def test_benchmark_writes_its_figures(quant_run, library, digits, tmp_path):
    figures = tmp_path / "figures.json"
    quant_run(library, f"--input={digits / 'eval.npz'}", "--benchmark",
              "--num_runs=20", "--warmup_runs=2", f"--json={figures}")
    read = json.loads(figures.read_text())
    assert 0 < read["min_ms"] <= read["median_ms"] <= read["p90_ms"]
