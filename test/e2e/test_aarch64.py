"""Whole models for AArch64, run by qemu without any library, compute the interpreter's
bytes."""
import bare
import numpy as np
import pytest
import small_models
from artifact import FLOAT_SCHEMES
from exactness import differences

TRIPLE = "aarch64-linux-gnu"
pytestmark = pytest.mark.skipif(not bare.emulator(TRIPLE),
                                reason="needs qemu-aarch64-static and clang")


@pytest.mark.parametrize("name, scheme", [
    ("convolutions", "w8a8"), ("convolutions", "bf16"), ("products", "none"),
    ("products", "bf16"), ("products", "fp16")])
def test_same_bytes(name, scheme, quant_compile, quant_opt, tmp_path):
    graph = small_models.ALL[name]()
    graph.save(tmp_path / "model.onnx")
    sample = graph.samples(1, seed=1)
    np.savez(tmp_path / "in.npz", **sample)
    flags = [f"--quantize={scheme}"]
    if scheme not in FLOAT_SCHEMES:
        np.savez(tmp_path / "calib.npz", **graph.samples(4, seed=2))
        flags.append(f"--calib={tmp_path / 'calib.npz'}")
    quant_compile(tmp_path / "model.onnx", *flags, "--compile-to=quantize", "-o",
                  tmp_path / "model.mlir")
    quant_opt(tmp_path / "model.mlir", "-o", tmp_path / "unused.mlir",
              f"--quantir-interpret=input={tmp_path / 'in.npz'} "
              f"output={tmp_path / 'out.npz'}")
    computed = dict(np.load(tmp_path / "out.npz"))
    expected = {output: computed[output] for output in graph.outputs}
    quant_compile(tmp_path / "model.onnx", *flags, f"--target={TRIPLE}", "-o",
                  tmp_path / "model.o")
    actual = bare.run(bare.link(tmp_path, TRIPLE), TRIPLE, "max", sample, expected)
    assert differences(expected, actual) == []
