"""Calibration data that are refused: exit 1, one error that names the file, the array and the
remedy, no output file."""
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper


@pytest.fixture
def image(digits):
    return np.load(digits / "calib.npz")["image"].copy()


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_a_number(refused, image, tmp_path, value):
    image[3, 0, 2, 1] = value
    error = refused(calibration=save(tmp_path / "bad.npz", image=image))
    assert ("'bad.npz', array 'image', sample 3 has a NaN or infinity at element 17; "
            "repair or leave out the sample") in error.replace(f"{tmp_path}/", "")


@pytest.mark.parametrize("shape", [(4, 1, 7, 8), (4, 8, 8), (0, 1, 8, 8), (64,), ()])
def test_wrong_shape(refused, tmp_path, shape):
    error = refused(calibration=save(tmp_path / "wrong.npz", image=np.zeros(shape, "f")))
    assert "wrong.npz', array 'image' has shape" in error and "the model has 1x1x8x8" in error


@pytest.mark.parametrize("wrong, words", [
    (lambda x: x.astype("f8"), "float64 where the model has float32; save it as array.astype"),
    (lambda x: x.astype("i4"), "int32 where the model has float32"),
    (lambda x: x.astype(">f4"), "big-endian"),
    (lambda x: x.astype("c8"), "'<c8', which no model input has"),
    (np.asfortranarray, "Fortran order; save it as numpy.ascontiguousarray"),
    (lambda x: np.array([{"pickled": x}], object), "holds Python objects, which are never loaded"),
], ids=["double", "integer", "big-endian", "complex", "Fortran", "pickle"])
def test_wrong_type(refused, image, tmp_path, wrong, words):
    error = refused(calibration=save(tmp_path / "wrong.npz", image=wrong(image)))
    assert "wrong.npz', array 'image'" in error and words in error


def test_wrong_name(refused, image, tmp_path):
    error = refused(calibration=save(tmp_path / "wrong.npz", imag=image))
    assert "wrong.npz' has no array 'image', only 'imag'" in error


def test_array_too_many(refused, image, tmp_path):
    error = refused(calibration=save(tmp_path / "more.npz", image=image, label=image))
    assert "more.npz' has 'label', but the model has only 'image'; leave the rest out" in error


@pytest.fixture
def sum_model(tmp_path):
    """A model with two inputs, `a` 1x4 and `b` 1x3."""
    nodes = [helper.make_node("MatMul", ["a", "w"], ["m"], "product"),
             helper.make_node("Add", ["m", "b"], ["y"], "sum")]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size])
              for name, size in [("a", 4), ("b", 3), ("y", 3)]]
    graph = helper.make_graph(nodes, "sum", values[:2], values[2:],
                              [numpy_helper.from_array(np.ones((4, 3), "f"), "w")])
    onnx.save(helper.make_model(graph, ir_version=9,
                                opset_imports=[helper.make_opsetid("", 17)]),
              tmp_path / "sum.onnx")
    return tmp_path / "sum.onnx"


def test_missing_input(refused, sum_model, tmp_path):
    error = refused(sum_model, save(tmp_path / "half.npz", a=np.ones((5, 4), "f")))
    assert "half.npz' has no array 'b'" in error


def test_differing_numbers_of_samples(refused, sum_model, tmp_path):
    data = save(tmp_path / "uneven.npz", a=np.ones((5, 4), "f"), b=np.ones((4, 3), "f"))
    error = refused(sum_model, data)
    assert "array 'b' holds 4 samples" in error and "save as many for every input" in error


def test_one_array_for_two_inputs(refused, sum_model, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((5, 4), "f"))
    assert "a.npy" in refused(sum_model, tmp_path / "a.npy")


@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.99])
def test_truncated(refused, digits, tmp_path, part):
    whole = (digits / "calib.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[:int(len(whole) * part)])
    assert "cut.npz' is" in refused(calibration=tmp_path / "cut.npz")


def test_damaged(refused, digits, tmp_path):
    data = bytearray((digits / "calib.npz").read_bytes())
    data[len(data) // 3] ^= 0x5a
    (tmp_path / "flip.npz").write_bytes(data)
    error = refused(calibration=tmp_path / "flip.npz")
    assert "flip.npz', array 'image' is damaged" in error and "copy the file again" in error


def test_no_numbers_at_all(refused, tmp_path):
    (tmp_path / "notes.npz").write_text("64 pictures of digits")
    error = refused(calibration=tmp_path / "notes.npz")
    assert "notes.npz' is neither an .npy nor an .npz file; save the samples with" in error


def test_absent(refused, tmp_path):
    error = refused(calibration=tmp_path / "absent.npz")
    assert "absent.npz" in error and "No such file" in error


def test_empty_folder(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    error = refused(calibration=tmp_path / "empty")
    assert "empty' has no .npy or .npz file and no ONNX test data set" in error


def test_bad_file_in_a_folder(refused, image, tmp_path):
    (tmp_path / "folder").mkdir()
    save(tmp_path / "folder" / "good.npz", image=image)
    save(tmp_path / "folder" / "wrong.npz", image=image[:, :, :7])
    assert "folder/wrong.npz', array 'image' has shape" in refused(calibration=tmp_path / "folder")


def test_nan_on_the_way_is_no_scale(quant_compile, tmp_path):
    """The data are finite, their logarithm is not: what reads it is left alone, and named."""
    nodes = [helper.make_node("Log", ["x"], ["l"], "log"),
             helper.make_node("MatMul", ["l", "w"], ["y"], "product")]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size])
              for name, size in [("x", 4), ("y", 3)]]
    graph = helper.make_graph(nodes, "log", values[:1], values[1:],
                              [numpy_helper.from_array(np.ones((4, 3), "f"), "w")])
    onnx.save(helper.make_model(graph, ir_version=9,
                                opset_imports=[helper.make_opsetid("", 17)]),
              tmp_path / "log.onnx")
    data = save(tmp_path / "x.npz", x=np.array([[1, 2, 3, 0], [1, 1, 1, -1]], "f"))
    said = quant_compile(tmp_path / "log.onnx", "--quantize=w8a8", f"--calib={data}",
                         "-Rpass-missed=quantize", "-o", tmp_path / "log.so").stderr
    assert "log.onnx: warning: tensor 'log:0' was NaN or infinite 2 times in calibration" in said
    assert "'product': remark: quantir.matmul stays in floating point" in said
