"""Whole models for processors of AArch64, run by qemu without any library, compute the
interpreter's bytes."""
import bare
import numpy as np
import pytest
from exactness import EMULATED, TRIPLE, differences
from test_exactness import Case

pytestmark = pytest.mark.skipif(not bare.emulator(TRIPLE),
                                reason="needs qemu-aarch64-static and clang")


@pytest.fixture(scope="module", ids="-".join, params=[
    ("convolutions", "w8a8"), ("convolutions", "none"), ("products", "w8a8"),
    ("products", "none"), ("products", "bf16"), ("products", "fp16"),
    ("attention", "w8a8"), ("attention", "none"), ("rows", "integer"),
    ("functions", "integer")])
def case(request, tmp_path_factory, quant_compile, quant_opt):
    return Case(*request.param, tmp_path_factory.mktemp("aarch64"), quant_compile,
                quant_opt)


@pytest.mark.parametrize("processor", EMULATED)
def test_same_bytes(case, processor, quant_compile):
    quant_compile(case.model, *case.flags, f"--target={TRIPLE}", f"--mcpu={processor}",
                  "-o", case.folder / "model.o")
    inputs = dict(np.load(case.input))
    samples = len(next(iter(inputs.values())))
    actual = bare.run(bare.link(case.folder, TRIPLE), TRIPLE, EMULATED[processor], inputs,
                      case.expected, samples)
    assert differences(case.expected, actual) == []
