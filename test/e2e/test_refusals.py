"""What is refused: exit 1, one error that names the culprit, no output file."""
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper


@pytest.fixture
def refused(quant_compile, digits, tmp_path):
    """Compiles `model` with `calibration`; the one error. Nothing may be written."""

    def compile_and_fail(model=digits / "digits.onnx", calibration=None):
        out = tmp_path / "out.so"
        arguments = [model, "--quantize=w8a8", "-o", out]
        if calibration is not None:
            arguments.append(f"--calib={calibration}")
        done = quant_compile(*arguments, status=1)
        assert not list(tmp_path.glob("out*")), "left a file behind"
        errors = [line for line in done.stderr.splitlines() if "error" in line]
        assert len(errors) == 1, done.stderr
        return errors[0]

    return compile_and_fail


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_unsupported_operator(refused, digits, tmp_path):
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4])
            for name in "xy")
    node = helper.make_node("Frobnicate", ["x"], ["y"], name="enc/frob")
    model = helper.make_model(helper.make_graph([node], "g", [x], [y]),
                              opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, tmp_path / "model.onnx")
    error = refused(tmp_path / "model.onnx", save(tmp_path / "c.npz", x=np.ones((1, 4), "f")))
    assert "Frobnicate" in error and "enc/frob" in error and "17" in error


def test_truncated_file(refused, digits, tmp_path):
    whole = (digits / "digits.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[:len(whole) // 2])
    assert "cut.onnx" in refused(tmp_path / "cut.onnx", digits / "calib.npz")


def test_no_calibration_data(refused):
    assert "--calib" in refused()


def test_missing_calibration_file(refused, tmp_path):
    assert "absent.npz" in refused(calibration=tmp_path / "absent.npz")


def test_nan_in_the_data(refused, digits, tmp_path):
    image = np.load(digits / "calib.npz")["image"].copy()
    image[3, 0, 2, 1] = np.nan
    error = refused(calibration=save(tmp_path / "nan.npz", image=image))
    assert "nan.npz" in error and "image" in error and "3" in error


def test_wrong_shape_in_the_data(refused, tmp_path):
    wrong = save(tmp_path / "wrong.npz", image=np.zeros((4, 1, 7, 8), "f"))
    error = refused(calibration=wrong)
    assert "wrong.npz" in error and "image" in error


def test_wrong_name_in_the_data(refused, tmp_path):
    wrong = save(tmp_path / "wrong.npz", picture=np.zeros((4, 1, 8, 8), "f"))
    error = refused(calibration=wrong)
    assert "wrong.npz" in error and "image" in error
