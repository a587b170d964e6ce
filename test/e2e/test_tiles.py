"""AMX in the code of a whole model: as assembly, for want of a machine."""
import numpy as np
import pytest
import small_models


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiles")
    graph = small_models.convolutions()
    graph.save(folder / "model.onnx")
    np.savez(folder / "calib.npz", **graph.samples(1, seed=2))
    return folder / "model.onnx", f"--calib={folder / 'calib.npz'}"


@pytest.mark.parametrize("level", [0, 2])
def test_blocks_stay_in_registers(model, level, quant_compile, tmp_path):
    path, calibration = model
    quant_compile(path, "--quantize=w8a8", calibration, "--mcpu=sapphirerapids",
                  f"-O{level}", "--emit=asm", "-o", tmp_path / "model.s")
    lines = (tmp_path / "model.s").read_text().splitlines()
    assert any("\ttdpbusd" in line for line in lines) == (level > 0)
    assert any("amx-tile" in line for line in lines) == (level > 0)
    # A register that is put aside comes back from the stack.
    assert not [line for line in lines if "tileloadd" in line and "rsp" in line]
