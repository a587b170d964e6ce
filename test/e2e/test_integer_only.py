"""--integer-only: no floating point between the conversions of inputs and outputs."""
import pathlib
import re

import numpy as np
import pytest

DIGITS = pathlib.Path(__file__).parents[1] / "models" / "digits"
FLAGS = ["--quantize=w8a8", "--integer-only", "--verify-integer-only",
         f"--calib={DIGITS / 'calib.npz'}"]
WIDE = ["--quantize=w8a16", *FLAGS[2:]]

# Instructions that compute with or convert real numbers; moves and logic do not count.
FLOAT = re.compile(r"v?(add|sub|mul|div|min|max|sqrt|rcp|rsqrt|round|rndscale|cmp|ucomi|comi|"
                   r"cvt|fn?m(add|sub)|dp|hadd|hsub|reduce|range|scalef|getexp|getmant|fixup)"
                   r"[a-z0-9]*(ps|ss|pd|sd|ph|sh|2dq|2udq|2si|2usi|2qq)$|f(ld|st|add|mul|sub|div)")


def functions_with_float(assembly):
    """Functions with floating-point arithmetic, and how many instructions."""
    found, function = {}, None
    for line in assembly.splitlines():
        if label := re.match(r"([A-Za-z_]\w*):", line):
            function = label[1]
        elif (word := line.split()) and FLOAT.match(word[0]):
            found[function] = found.get(function, 0) + 1
    return found


@pytest.mark.parametrize("processor,flags", [
    ("cascadelake", FLAGS), ("haswell", FLAGS), ("x86-64", FLAGS), ("cascadelake", WIDE)])
def test_only_conversions_compute_with_real_numbers(processor, flags, tmp_path, quant_compile):
    quant_compile(DIGITS / "digits.onnx", *flags, "--emit=asm", f"--mcpu={processor}",
                  "-o", tmp_path / "digits.s")
    found = functions_with_float((tmp_path / "digits.s").read_text())
    kinds = {re.sub(r"kernel_\d+_", "", name) for name in found}
    assert kinds == {"quantize", "dequantize"}


def test_the_same_code_without_the_flag_has_more(tmp_path, quant_compile):
    quant_compile(DIGITS / "digits.onnx", "--quantize=w8a8", FLAGS[-1], "--emit=asm",
                  "-o", tmp_path / "digits.s")
    assert len(functions_with_float((tmp_path / "digits.s").read_text())) > 2


@pytest.mark.parametrize("flags", [FLAGS, WIDE], ids=["w8a8", "w8a16"])
def test_the_shipped_model_keeps_its_classes(flags, tmp_path, quant_compile, quant_run):
    quant_compile(DIGITS / "digits.onnx", *flags, "-o", tmp_path / "digits.so")
    quant_run(tmp_path / "digits.so", f"--input={DIGITS / 'eval.npz'}",
              f"--output={tmp_path / 'out.npz'}")
    (logits,) = np.load(tmp_path / "out.npz").values()
    labels = np.load(DIGITS / "labels.npy")
    right = logits.reshape(len(labels), -1).argmax(1) == labels
    assert right.mean() >= 0.985


def test_nodes_without_integer_form_are_named(tmp_path, quant_compile):
    import small_models
    graph = small_models.rows()
    graph.save(tmp_path / "rows.onnx")
    np.savez(tmp_path / "calib.npz", **graph.samples(4, seed=2))
    refused = quant_compile(tmp_path / "rows.onnx", "--quantize=w8a8", "--integer-only",
                            "--verify-integer-only", f"--calib={tmp_path / 'calib.npz'}",
                            "-o", tmp_path / "rows.so", status=1)
    assert "reduceprod" in refused.stderr and "floating point" in refused.stderr
    assert not (tmp_path / "rows.so").exists()


def test_statistics_of_a_run_without_it_do_not_do(tmp_path, quant_compile):
    statistics = tmp_path / "statistics"
    quant_compile(DIGITS / "digits.onnx", "--quantize=w8a8", FLAGS[-1],
                  f"--calib-stats-out={statistics}", "-o", tmp_path / "a.so")
    refused = quant_compile(DIGITS / "digits.onnx", *FLAGS[:3],
                            f"--calib-stats-in={statistics}", "-o", tmp_path / "b.so",
                            status=1)
    assert "calibrate again with this version and the same options" in refused.stderr
