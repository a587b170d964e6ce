"""Statistics that are saved, merged and reused give the bytes that the data give."""
import os
import re

import numpy as np
import pytest
from onnx import numpy_helper

import small_models


@pytest.fixture(scope="module")
def built(quant_compile, small, tmp_path_factory):
    """The bytes of library and statistics for some flags."""

    def build(*flags):
        folder = tmp_path_factory.mktemp("built")
        quant_compile(small / "small.onnx", "--quantize=w8a8", *flags,
                      f"--calib-stats-out={folder / 'out.stats'}", "-o", folder / "small.so")
        return (folder / "small.so").read_bytes(), (folder / "out.stats").read_bytes()

    return build


@pytest.fixture(scope="module")
def from_data(built, small):
    return built(f"--calib={small / 'all.npz'}")


@pytest.fixture(scope="module")
def halves(quant_compile, small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("halves")
    for half in ["first", "second"]:
        quant_compile(small / "small.onnx", "--quantize=w8a8", "--compile-to=quantize",
                      f"--calib={small / half}.npz",
                      f"--calib-stats-out={folder / half}", "-o", folder / "x.mlir")
    return folder


def test_saved_statistics(built, from_data, tmp_path):
    (tmp_path / "s.stats").write_bytes(from_data[1])
    assert built(f"--calib-stats-in={tmp_path / 's.stats'}") == from_data


def test_halves_merged(built, from_data, halves):
    assert built(f"--calib-stats-in={halves / 'second'}",
                 f"--calib-stats-in={halves / 'first'}") == from_data


def test_half_saved_and_half_as_data(built, from_data, halves, small):
    assert built(f"--calib-stats-in={halves / 'first'}",
                 f"--calib={small / 'second.npz'}") == from_data


def test_other_order_of_the_samples(built, from_data, small):
    assert built(f"--calib={small / 'reverse.npz'}") == from_data


def test_one_processor(built, from_data, small):
    """Samples are shared out among as many threads as there are processors."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        assert built(f"--calib={small / 'all.npz'}") == from_data
    finally:
        os.sched_setaffinity(0, processors)


def test_folder_of_files(built, from_data, small, tmp_path):
    for half in ["first", "second"]:
        (tmp_path / f"{half}.npz").write_bytes((small / f"{half}.npz").read_bytes())
    assert built(f"--calib={tmp_path}") == from_data


@pytest.mark.parametrize("method", ["minmax", "percentile:99.9", "entropy"])
def test_one_file_serves_every_method(built, from_data, small, tmp_path, method):
    (tmp_path / "s.stats").write_bytes(from_data[1])
    again = built(f"--calib-stats-in={tmp_path / 's.stats'}", f"--calib-method={method}")
    assert again == built(f"--calib={small / 'all.npz'}", f"--calib-method={method}")


def test_weights_packed_while_calibrating(quant_compile, tmp_path):
    """Large weights stay where the model has them, and each run packs them."""
    g = small_models.Graph(x=[1, 3, 300], picture=[1, 300, 2, 3])
    rows = g.node("MatMul", "x", g.weight(300, 257))
    g.output("MatMul", rows, g.weight(257, 5))
    image = g.node("Conv", "picture", g.weight(500, 150, 1, 1), group=2)
    g.output("Conv", image, g.weight(2, 500, 1, 1))
    g.save(tmp_path / "model.onnx")
    samples = g.samples(4, seed=1)
    np.savez(tmp_path / "samples.npz", **samples)
    quant_compile(tmp_path / "model.onnx", "--quantize=w8a8", "--calib-method=minmax",
                  f"--calib={tmp_path / 'samples.npz'}", "--compile-to=quantize",
                  "-o", tmp_path / "out.mlir")
    found = np.array([float(scale) for scale in re.findall(
        r"<u8:f32, ([0-9.E+-]+)", (tmp_path / "out.mlir").read_text())])
    weights = [numpy_helper.to_array(tensor) for tensor in g.weights]
    halves = samples["picture"].reshape(4, 2, 150, 6)
    for values in (samples["x"] @ weights[0],
                   np.einsum("gok,bgkp->bgop", weights[2].reshape(2, 250, 150), halves)):
        scale = (values.max() - values.min()) / 255
        assert np.isclose(found, scale, rtol=1e-5).any(), (scale, found)
