"""What quant-compile prints on the way: stages, remarks, MLIR's own flags, help."""
import re
import subprocess

import numpy as np
import pytest

IR_STAGES = ["onnx", "import", "quantize", "fuse", "linalg", "llvm", "spirv"]


@pytest.fixture(scope="module")
def saved_statistics(quant_compile, digits, small, tmp_path_factory):
    """Models and their flags: calibrated once."""
    folder = tmp_path_factory.mktemp("statistics")
    flags = {}
    for model, data in [(digits / "digits.onnx", digits / "calib.npz"),
                        (small / "small.onnx", small / "all.npz")]:
        path = folder / f"{model.stem}.stats"
        quant_compile(model, "--quantize=w8a8", f"--calib={data}", "--calib-method=minmax",
                      f"--calib-stats-out={path}", "--compile-to=quantize",
                      "-o", folder / "quantized.mlir")
        flags[model.stem] = [model, "--quantize=w8a8", f"--calib-stats-in={path}"]
    return flags


@pytest.fixture(params=["fp32", "w8a8"])
def shipped(request, saved_statistics):
    """The shipped model's flags for a scheme."""
    flags = saved_statistics["digits"]
    return flags if request.param == "w8a8" else flags[:1]


@pytest.mark.parametrize("stage", IR_STAGES)
def test_stages_read_back(quant_compile, quant_opt, shipped, tmp_path, stage):
    text = tmp_path / "stage.mlir"
    quant_compile(*shipped, f"--compile-to={stage}", "-o", text)
    again = quant_opt(text, "--mlir-print-debuginfo", "--verify-roundtrip").stdout
    assert again == text.read_text()


@pytest.mark.parametrize("kind, ending", [("asm", ".s"), ("llvm", ".ll")])
def test_code_as_text(quant_compile, shipped, tmp_path, kind, ending):
    """A compiler reads it; the ending alone asks for the same."""
    code = tmp_path / f"digits{ending}"
    quant_compile(*shipped, f"--emit={kind}", "-o", code)
    text = code.read_text()
    printed = quant_compile(*shipped, f"--emit={kind}").stdout
    quant_compile(*shipped, "-o", code)
    # Not compared in the assertion: pytest would take minutes to show the difference.
    agree = printed == text and code.read_text() == text
    assert agree
    subprocess.run(["clang-22", "-c", code, "-o", tmp_path / "digits.o"], check=True)
    symbols = subprocess.run(["llvm-nm-22", "--defined-only", "--extern-only",
                              "--format=just-symbols", tmp_path / "digits.o"],
                             check=True, capture_output=True, text=True).stdout
    assert symbols.split() == ["digits_description", "digits_run"]


def test_interpreted_stages_agree(quant_compile, quant_opt, saved_statistics, small, tmp_path):
    """What is read back computes what the artifact does."""
    results = []
    for stage, name in [("quantize", "stage.mlirbc"), ("fuse", "stage.mlir")]:
        out = tmp_path / f"{stage}.npz"
        quant_compile(*saved_statistics["small"], f"--compile-to={stage}",
                      "-o", tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(b"ML\xefR") == (stage == "quantize")
        quant_opt(tmp_path / name, "-o", "/dev/null",
                  f"--quantir-interpret=input={small / 'all.npz'} output={out}")
        results.append(np.load(out)["y"].tobytes())
    assert results[0] == results[1]


def test_a_name_for_every_value_that_matters(quant_compile, saved_statistics):
    """Long constants can be left out, and nodes keep their names."""
    text = quant_compile(*saved_statistics["digits"], "--compile-to=quantize",
                         "--mlir-elide-elementsattrs-if-larger=4").stdout
    assert len(text) < 200_000
    assert 'loc("' in text


def test_remarks_in_clangs_words(quant_compile, saved_statistics, tmp_path):
    def remarks(*flags):
        text = quant_compile(*saved_statistics["small"], *flags, "-o", tmp_path / "x.so").stderr
        return [line for line in text.splitlines() if "[-R" in line]

    assert remarks() == []
    bounds = remarks("-Rpass-analysis=quantir-quantize")
    nodes = ["conv1", "conv2", "pool", "head"]
    assert len(bounds) == len(nodes)
    for line, node in zip(bounds, nodes):
        assert re.search(rf"small.onnx: '{node}.*': remark: no accumulator of quantir\.\w+ "
                         r"exceeds \d+ of 2147483647 \[-Rpass-analysis=quantir-quantize\]$", line)
    kept = remarks("-Rpass-missed=quantize", "--ignore=conv2")
    assert "'conv2" in kept[0]
    assert "stays in floating point: it is among the nodes to ignore" in kept[0]
    assert not any("'conv1" in line or "'head" in line for line in kept)
    fused = remarks("-Rpass=fuse")
    assert any("'conv1'" in line and "share a kernel" in line for line in fused)
    assert all("[-Rpass=quantir-fuse]" in line for line in fused)
    assert set(remarks("--explain", "--ignore=conv2")) > set(kept)


def test_mlir_flags(quant_compile, small, tmp_path):
    done = quant_compile(small / "small.onnx", "-o", tmp_path / "x.so",
                         "--mlir-print-ir-after-all", "--mlir-timing",
                         "--mlir-elide-elementsattrs-if-larger=4")
    assert "IR Dump After" in done.stderr and "FuseKernels" in done.stderr
    assert "Execution time report" in done.stderr


def test_help_is_one_screen_with_examples(quant_compile):
    text = quant_compile("--help").stdout
    assert len(text.splitlines()) < 75
    assert "quant-compile net.onnx --quantize=w8a8 --calib=samples.npz -o net.so" in text
    assert "mlir-timing " not in text
    assert "--mlir-timing " in quant_compile("--help-hidden").stdout


def test_version(quant_compile):
    assert re.match(r"quantir \d+\.\d+\.\d+ \(LLVM 22", quant_compile("--version").stdout)
