"""Statistics that are saved, merged and reused give the bytes that the data give."""
import os

import pytest


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
