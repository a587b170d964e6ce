"""Every form of every kernel, and computed floats as well as a device's own, give the same
bytes; and the validation layer has nothing to say."""
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import small_models

import quantir

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "benchmarks"))
from gpu_program import DIVISION, DOT, F16, ROOT, GpuProgram, NoDevice  # noqa: E402

BUILD = pathlib.Path(os.environ.get("QUANTIR_BUILD_DIR", "build/dev"))


def model_of_products():
    """Products of codes and of floats, and functions that divide and take roots."""
    g = small_models.Graph(x=[1, 7, 21])
    hidden = g.node("Add", g.node("MatMul", "x", g.weight(21, 18)), g.weight(18))
    gate = g.node("Sigmoid", g.node("MatMul", g.node("Relu", hidden), g.weight(18, 18)))
    root = g.node("Sqrt", g.node("Abs", g.node("Div", hidden, g.weight(18))))
    g.output("Add", g.node("Mul", root, gate), g.weight(18))
    return g


@pytest.fixture(scope="module", params=["none", "w8a8"])
def model(request, quant_compile, tmp_path_factory):
    """The library, and one sample."""
    folder = tmp_path_factory.mktemp("gpu")
    g = model_of_products()
    g.save(folder / "m.onnx")
    np.savez(folder / "calib.npz", **g.samples(8, 1))
    calibration = [] if request.param == "none" else [f"--calib={folder / 'calib.npz'}"]
    quant_compile(folder / "m.onnx", "--gpu=vulkan", f"--quantize={request.param}",
                  *calibration, "-o", folder / "m.so")
    return folder / "m.so", g.samples(1, 2)


@pytest.fixture(scope="module")
def program(model):
    try:
        program = GpuProgram(model[0])
    except NoDevice as error:
        pytest.skip(str(error))
    yield program
    program.close()


@pytest.mark.parametrize("settings", [
    {}, {"exact_constants": DIVISION}, {"exact_constants": ROOT},
    {"exact_constants": DIVISION | ROOT}, {"skipped_forms": 1}, {"skipped_forms": 2},
    {"skipped_forms": 9}, {"hidden_needs": DOT}, {"hidden_needs": DOT | F16},
    {"hidden_needs": DOT, "skipped_forms": 1}, {"staged": 1}, {"timed": 1}], ids=str)
def test_all_settings_give_the_same_bytes(program, model, settings):
    if "exact_constants" in settings and "llvmpipe" not in program.device():
        pytest.skip("who knows how that device divides")
    path, sample = model
    expected = quantir.load(path).run(sample)
    recorded = program.record(**settings)
    try:
        found, _ = program.run(recorded, sample)
    finally:
        program.free(recorded)
    assert found.keys() == expected.keys()
    for name, array in found.items():
        assert array.tobytes() == expected[name].tobytes(), name


@pytest.mark.usefixtures("program")
def test_the_validation_layer_is_silent(model):
    layer = {"VK_INSTANCE_LAYERS": "VK_LAYER_KHRONOS_validation",
             "VK_LAYER_ENABLES": "VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT"}
    done = subprocess.run(
        [BUILD / "bin" / "quant-run", model[0], "--device=vulkan", "--benchmark",
         "--num_runs=2"], env=os.environ | layer, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Validation" not in done.stdout + done.stderr
