"""The shipped model is what its README says."""
import pathlib

import numpy as np
import onnxruntime
import pytest

DIGITS = pathlib.Path(__file__).parents[1] / "models" / "digits"


def test_fp32_accuracy_on_held_out_pictures():
    session = onnxruntime.InferenceSession(DIGITS / "digits.onnx")
    (logits,) = session.run(None, dict(np.load(DIGITS / "eval.npz")))
    labels = np.load(DIGITS / "labels.npy")
    assert np.mean(logits.argmax(1) == labels) >= 0.98


def test_calibration_pictures_are_not_evaluation_pictures():
    calibration = np.load(DIGITS / "calib.npz")["image"]
    evaluation = np.load(DIGITS / "eval.npz")["image"]
    seen = {picture.tobytes() for picture in calibration}
    assert not any(picture.tobytes() in seen for picture in evaluation)


def test_models_stay_small():
    files = (DIGITS.parent).rglob("*")
    assert sum(f.stat().st_size for f in files if f.is_file()) < 1_000_000


@pytest.mark.parametrize("scheme, decibels", [("bf16", 45), ("fp16", 65)])
def test_16_bits_stay_near_the_float_model(scheme, decibels, quant_compile, quant_run,
                                           tmp_path):
    library, out = tmp_path / "digits.so", tmp_path / "out.npz"
    quant_compile(DIGITS / "digits.onnx", f"--quantize={scheme}", "-o", library)
    quant_run(library, f"--input={DIGITS / 'eval.npz'}", f"--output={out}")
    session = onnxruntime.InferenceSession(DIGITS / "digits.onnx")
    (logits,) = session.run(None, dict(np.load(DIGITS / "eval.npz")))
    (ours,) = np.load(out).values()
    noise = np.square(ours.reshape(logits.shape) - logits).sum()
    assert 10 * np.log10(np.square(logits).sum() / noise) > decibels
    assert library.stat().st_size < 0.55 * (DIGITS / "digits.onnx").stat().st_size
