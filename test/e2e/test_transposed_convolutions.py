"""Transposed convolutions of every form, in float, int8 and as quantizers write them,
against ONNX Runtime."""
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

INPUTS = {"image": (4, 6, 7, 5), "line": (4, 6, 9)}
# input, filter, attributes
CASES = {
    "patches": ("image", (6, 5, 2, 2), {"strides": [2, 2]}),
    "decoder": ("image", (6, 17, 4, 4), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
    "uneven": ("image", (6, 4, 3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1],
                                       "output_padding": [1, 1]}),
    "sides": ("image", (6, 3, 5, 3), {"strides": [3, 2], "pads": [0, 2, 3, 1]}),
    "dilated": ("image", (6, 3, 3, 2), {"dilations": [2, 3], "pads": [1, 0, 2, 1]}),
    "apart": ("image", (6, 3, 3, 2), {"dilations": [2, 2], "strides": [2, 3]}),
    "both": ("image", (6, 3, 3, 3), {"dilations": [3, 2], "strides": [2, 4]}),
    "gaps": ("image", (6, 3, 1, 2), {"strides": [2, 3]}),
    "groups": ("image", (6, 4, 3, 4), {"group": 3, "strides": [1, 2]}),
    "depthwise": ("image", (6, 1, 4, 4), {"group": 6, "strides": [2, 2],
                                          "pads": [1, 1, 1, 1]}),
    "cropped": ("image", (6, 2, 3, 3), {"strides": [2, 2], "pads": [4, 5, 3, 2]}),
    "shaped": ("image", (6, 2, 3, 3), {"strides": [3, 2], "output_shape": [20, 10]}),
    "upper": ("image", (6, 2, 3, 3), {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    "lower": ("image", (6, 2, 4, 3), {"strides": [3, 1], "auto_pad": "SAME_LOWER"}),
    "upsampled": ("line", (6, 3, 8), {"strides": [4], "pads": [2, 2]}),
    "beyond": ("line", (6, 3, 1), {"strides": [4], "dilations": [3], "pads": [2, 1],
                                   "output_padding": [3]}),
    "odd_line": ("line", (6, 3, 5), {"strides": [3], "dilations": [2]}),
}


def save(path, nodes, outputs, constants):
    info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "transposed",
                              [info(name, (1, *shape[1:])) for name, shape in INPUTS.items()],
                              [info(name, None) for name in outputs], constants)
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(onnx.shape_inference.infer_shapes(model), path)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with samples, and the samples."""
    folder = tmp_path_factory.mktemp("transposed")
    random = np.random.default_rng(3)
    samples = {name: random.normal(size=shape).astype(np.float32)
               for name, shape in INPUTS.items()}
    np.savez(folder / "in.npz", **samples)
    return folder, samples


@pytest.fixture(scope="module")
def model(data):
    """Every case, each with a bias, a scale by channel and an activation behind it."""
    folder, _ = data
    random, nodes, constants = np.random.default_rng(4), [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(array.astype(np.float32), name))
        return name

    for name, (source, shape, attributes) in CASES.items():
        channels = shape[1] * attributes.get("group", 1)
        spread = (shape[0] * np.prod(shape[2:])) ** -0.5
        operands = [source, constant(f"{name}_w", random.normal(0, spread, shape)),
                    constant(f"{name}_b", random.normal(0, 0.3, channels))]
        scale = constant(f"{name}_s", random.uniform(
            0.5, 2, (channels, *[1] * (len(shape) - 2))))
        nodes += [helper.make_node("ConvTranspose", operands, [f"{name}_c"], name, **attributes),
                  helper.make_node("Mul", [f"{name}_c", scale], [f"{name}_m"]),
                  helper.make_node("LeakyRelu", [f"{name}_m"], [f"{name}_y"])]
    path = folder / "model.onnx"
    save(path, nodes, [f"{name}_y" for name in CASES], constants)
    return path


def expected(path, samples):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    runs = [session.run(names, {name: x[i:i + 1] for name, x in samples.items()})
            for i in range(4)]
    return {name: np.concatenate([run[i] for run in runs]) for i, name in enumerate(names)}


def computed(model, data, quant_compile, quant_run, *flags):
    folder, _ = data
    library, out = folder / "model.so", folder / "out.npz"
    quant_compile(model, *flags, "-o", library)
    quant_run(library, f"--input={folder / 'in.npz'}", f"--output={out}")
    return dict(np.load(out))


def error(found, wanted):
    """Of the results, in decibels below them."""
    noise = np.square(found.astype(float) - wanted).sum()
    return -10 * np.log10(noise / np.square(wanted.astype(float)).sum())


def test_float(model, data, quant_compile, quant_run):
    found = computed(model, data, quant_compile, quant_run)
    for name, wanted in expected(model, data[1]).items():
        np.testing.assert_allclose(found[name], wanted, rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("flags", [[], ["--integer-only", "--verify-integer-only"]],
                         ids=["w8a8", "integer"])
def test_int8(model, data, flags, quant_compile, quant_run):
    found = computed(model, data, quant_compile, quant_run, "--quantize=w8a8",
                     f"--calib={data[0] / 'in.npz'}", *flags)
    worst = {name: round(error(found[name], wanted), 1)
             for name, wanted in expected(model, data[1]).items()}
    assert min(worst.values()) > 30, worst


def test_scale_activation_and_bias_join_the_convolutions(model, quant_compile):
    text = quant_compile(model, "--compile-to=fuse").stdout
    kernels = text.split("quantir.kernel (")[1:]
    alone = [kernel for kernel in kernels
             if "leaky_relu" in kernel.split("quantir.yield")[0] and "conv" not in kernel.split("quantir.yield")[0]]
    assert not alone


def test_codes_of_weights_by_output_channel(data, quant_compile, quant_run):
    """Codes along axis 1 of [C, M, kH, kW], one scale for all phases of a channel."""
    folder, samples = data
    random = np.random.default_rng(5)
    codes = random.integers(-127, 128, (6, 4, 4, 4)).astype(np.int8)
    scales = random.uniform(0.002, 0.02, 4).astype(np.float32)
    constants = [numpy_helper.from_array(*pair) for pair in (
        (codes, "codes"), (scales, "scales"), (np.zeros(4, np.int8), "zeros"),
        (np.float32(0.03), "s"), (np.uint8(120), "z"), (np.float32(0.05), "t"),
        (np.uint8(131), "u"))]
    nodes = [
        helper.make_node("DequantizeLinear", ["codes", "scales", "zeros"], ["w"], axis=1),
        helper.make_node("QuantizeLinear", ["image", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["x"]),
        helper.make_node("ConvTranspose", ["x", "w"], ["c"], "up", strides=[2, 2],
                         pads=[1, 1, 1, 1]),
        helper.make_node("QuantizeLinear", ["c", "t", "u"], ["p"]),
        helper.make_node("DequantizeLinear", ["p", "t", "u"], ["y"]),
        helper.make_node("Identity", ["line"], ["unused"])]
    model = folder / "qdq.onnx"
    save(model, nodes, ["y", "unused"], constants)
    found = computed(model, data, quant_compile, quant_run)["y"]
    wanted = expected(model, samples)["y"]
    steps = np.abs(found - wanted) / 0.05
    # Sums in another order may fall on the other side of a tie.
    assert steps.max() < 1.01 and (steps > 0.5).mean() < 1e-3
