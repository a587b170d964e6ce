"""The tools as a user calls them."""
import os
import pathlib
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTIR_BUILD_DIR", ROOT / "build" / "dev"))
os.environ.setdefault("QUANTIR_BIN", str(BUILD / "bin"))


class Tool:
    """Calls a program; one that does not exit as expected fails the test with its words."""

    def __init__(self, name):
        self.program = BUILD / "bin" / name

    def __call__(self, *arguments, status=0):
        done = subprocess.run([self.program, *map(str, arguments)],
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == status, f"exit {done.returncode}:\n{done.stderr}"
        return done


@pytest.fixture(scope="session")
def quant_compile():
    return Tool("quant-compile")


@pytest.fixture(scope="session")
def quant_run():
    return Tool("quant-run")


@pytest.fixture(scope="session")
def quant_opt():
    return Tool("quant-opt")


@pytest.fixture(scope="session")
def digits():
    """The folder of the shipped model."""
    return ROOT / "test" / "models" / "digits"


def small_model(seed=0):
    """Two convolutions, the second depthwise, pooling and a classifier, on 2x6x6 pictures."""
    rng = np.random.default_rng(seed)
    weights = {"w1": (8, 2, 3, 3), "w2": (8, 1, 3, 3), "b2": (8,), "w3": (8, 5)}
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["c1"], "conv1", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], "conv2", group=8),
        helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        helper.make_node("GlobalAveragePool", ["r2"], ["p"], "pool"),
        helper.make_node("Flatten", ["p"], ["f"], "flat"),
        helper.make_node("MatMul", ["f", "w3"], ["y"], "head")]
    graph = helper.make_graph(
        nodes, "small", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 6, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5])],
        [numpy_helper.from_array(rng.normal(size=shape).astype("f"), name)
         for name, shape in weights.items()])
    return helper.make_model(graph, ir_version=9,
                             opset_imports=[helper.make_opsetid("", 17)])


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A folder with a small convolutional model, another one, and data: 40 samples, also in
    two halves and in reverse."""
    folder = tmp_path_factory.mktemp("small")
    onnx.save(small_model(), folder / "small.onnx")
    onnx.save(small_model(seed=1), folder / "other.onnx")
    x = np.random.default_rng(2).normal(size=(40, 2, 6, 6)).astype("f")
    for name, part in {"all": x, "first": x[:15], "second": x[15:], "reverse": x[::-1]}.items():
        np.savez(folder / f"{name}.npz", x=part)
    return folder


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
