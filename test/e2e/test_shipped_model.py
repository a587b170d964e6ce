"""The shipped model is what its README says."""
import pathlib

import numpy as np
import onnxruntime

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
