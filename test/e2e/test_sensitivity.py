"""What the outputs do not stand to have rounded stays in floating point, and is named."""
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper


@pytest.fixture(scope="module")
def differences(tmp_path_factory):
    """A depthwise convolution that subtracts neighbours, behind a ReLU; and two sets of samples."""
    folder = tmp_path_factory.mktemp("differences")
    kernel = np.tile(np.array([1, -1], "f"), (4, 1)).reshape(4, 1, 1, 2)
    nodes = [helper.make_node("Relu", ["x"], ["r"], "relu"),
             helper.make_node("Conv", ["r", "w"], ["y"], "subtract", group=4)]
    graph = helper.make_graph(
        nodes, "differences",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 6, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 6, 5])],
        [numpy_helper.from_array(kernel, "w")])
    onnx.save(helper.make_model(graph, ir_version=9,
                                opset_imports=[helper.make_opsetid("", 17)]),
              folder / "model.onnx")
    noise = np.random.default_rng(4).normal(size=(80, 4, 6, 6)).astype("f")
    np.savez(folder / "around_zero.npz", x=noise)
    np.savez(folder / "around_100.npz", x=100 + noise / 10)
    return folder


def quantized(quant_compile, differences, samples, *flags):
    out = differences / "out.mlir"
    done = quant_compile(differences / "model.onnx", "--quantize=w8a8", "--never-slower=no", *flags,
                         f"--calib={differences / samples}.npz",
                         "--compile-to=quantize", "-o", out)
    return out.read_text(), done.stderr


def test_differences_of_like_values_stay_float(quant_compile, differences):
    text, remarks = quantized(quant_compile, differences, "around_100", "-Rpass-missed=.*")
    assert "quantir.quantize" not in text
    assert "subtract" in remarks and "8 bits for its input put noise of" in remarks


def test_integer_only_code_reads_16_bits_of_them(quant_compile, differences):
    text, remarks = quantized(quant_compile, differences, "around_100", "-Rpass=.*",
                              "--integer-only", "--verify-integer-only")
    assert text.count("quantir.byte") == text.count("quantir.conv") == 2
    assert "computes on 16-bit codes: 8 bits for its input put noise of" in remarks


def test_differences_of_other_values_are_quantized(quant_compile, differences):
    text, _ = quantized(quant_compile, differences, "around_zero")
    assert "quantir.quantize" in text


def test_statistics_tell_it_too(quant_compile, differences):
    saved = differences / "saved.stats"
    first, _ = quantized(quant_compile, differences, "around_100", f"--calib-stats-out={saved}")
    out = differences / "again.mlir"
    quant_compile(differences / "model.onnx", "--quantize=w8a8", "--never-slower=no", f"--calib-stats-in={saved}",
                  "--compile-to=quantize", "-o", out)
    assert out.read_text() == first
