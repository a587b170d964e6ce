"""quantir.compile: what it asks quant-compile for, and what it makes of the
answer."""
import pathlib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import quantir
import quantir.backend


@pytest.fixture
def model():
    """y = x + x, so that the stand-in's answer is right."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, (4, 256))
            for name in "xy")
    node = helper.make_node("Add", ["x", "x"], ["y"])
    return helper.make_model(helper.make_graph([node], "twice", [x], [y]))


def test_options_become_flags(compiler, tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"model")
    path = quantir.compile(
        tmp_path / "m.onnx", tmp_path / "m.so", quantize="w8a8",
        calib=tmp_path / "m.onnx", O=3, mcpu="host", calib_method="minmax",
        explain=True, integer_only=False, report=None, gpu="vulkan:mali",
        override=["a.json", "b.json"], shape={"x": (1, 3), "y": (2,)})
    assert path == tmp_path / "m.so"
    assert compiler.arguments() == [
        f"{tmp_path}/m.onnx", "-o", f"{tmp_path}/m.so", "--quantize=w8a8",
        f"--calib={tmp_path}/m.onnx", "-O3", "--mcpu=host",
        "--calib-method=minmax", "--explain", "--gpu=vulkan:mali",
        "--override=a.json",
        "--override=b.json", "--shape=x:1x3", "--shape=y:2"]


def test_models_in_memory(compiler, model):
    quantir.compile(model)
    assert onnx.load(compiler.folder / "model") == model
    quantir.compile(b"bytes")
    assert (compiler.folder / "model").read_bytes() == b"bytes"


def test_calibration_arrays(compiler, model):
    samples = {"file": np.ones((8, 256)), "a/b:0": np.arange(3)}
    quantir.compile(model, quantize="w8a8", calib=samples)
    sent = np.load(compiler.folder / "calib.npz")
    assert set(sent) == set(samples)
    assert sent["file"].shape == (8, 256)
    assert sent["a/b:0"].tolist() == [0, 1, 2]


def test_without_output_the_library_is_temporary(compiler, model):
    path = quantir.compile(model)
    assert path.suffix == ".so" and path.is_file()
    assert quantir.load(path).name == "twice"


def test_refusal_is_an_exception(compiler, model):
    compiler.fails("error: node Add#0 is strange", 1)
    with pytest.raises(quantir.CompileError, match="node Add#0") as caught:
        quantir.compile(model)
    assert caught.value.status == 1


def test_compiler_that_is_missing(tmp_path, monkeypatch, model):
    monkeypatch.setenv("QUANTIR_BIN", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(quantir._locate, "_prefixes",
                        lambda: iter([pathlib.Path(tmp_path)]))
    with pytest.raises(FileNotFoundError, match="set QUANTIR_BIN"):
        quantir.compile(model)


def test_backend_prepares_and_runs(compiler, model):
    x = np.ones((4, 256), np.float32)
    prepared = quantir.backend.prepare(model)
    (y,) = prepared.run([x])
    assert np.array_equal(y, 2 * x)
    assert np.array_equal(quantir.backend.run_model(model, {"x": x}).y, 2 * x)
    with pytest.raises(ValueError, match="has 1 inputs, but 2 were given"):
        prepared.run([x, x])


def test_backend_runs_a_node(compiler):
    x = np.ones((4, 256), np.float32)
    node = helper.make_node("Neg", ["x"], ["y"])
    (y,) = quantir.backend.run_node(node, [x])
    assert y.shape == x.shape
    sent = onnx.load(compiler.folder / "model")
    assert sent.graph.output[0].type.tensor_type.elem_type == TensorProto.FLOAT


def test_backend_knows_its_device():
    assert quantir.backend.supports_device("CPU")
    assert not quantir.backend.supports_device("CUDA")
