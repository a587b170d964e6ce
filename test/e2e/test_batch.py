"""A batch whose tensors would not stay in the cache runs sample by sample: the bytes are those
of single samples, on any number of threads."""
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper


def pictures_model():
    """On [N, 3, 64, 64]: large tensors and few weights; rows of all samples in one matrix at
    the end."""
    rng = np.random.default_rng(0)
    weights = {"w1": (96, 3, 3, 3), "w2": (96, 1, 3, 3), "w3": (16, 96, 1, 1), "w4": (16, 5)}
    constants = [numpy_helper.from_array(rng.normal(size=shape).astype("f"), name)
                 for name, shape in weights.items()]
    constants.append(numpy_helper.from_array(np.array([-1, 16], np.int64), "rows"))
    constants.append(numpy_helper.from_array(np.array([-1, 4096, 5], np.int64), "samples"))
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["c1"], "conv1", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], "conv2", group=96, pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        helper.make_node("Conv", ["r2", "w3"], ["c3"], "conv3"),
        helper.make_node("Transpose", ["c3"], ["t"], "last", perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["t", "rows"], ["m"], "flat"),
        helper.make_node("MatMul", ["m", "w4"], ["p"], "head"),
        helper.make_node("Reshape", ["p", "samples"], ["y"], "apart")]
    graph = helper.make_graph(
        nodes, "pictures",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 64, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4096, 5])], constants)
    return helper.make_model(graph, ir_version=9,
                             opset_imports=[helper.make_opsetid("", 17)])


BATCHES = [1, 3, 4, 36]  # one thread for all, one for each, groups of two


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, quant_compile):
    """A folder with batchN.so, compiled for N samples, and data.npz: 36 samples."""
    folder = tmp_path_factory.mktemp("pictures")
    onnx.save(pictures_model(), folder / "model.onnx")
    x = np.random.default_rng(1).normal(size=(36, 3, 64, 64)).astype("f")
    np.savez(folder / "data.npz", x=x)
    for samples in BATCHES:
        done = quant_compile(folder / "model.onnx", "--quantize=w8a8",
                             f"--calib={folder}/data.npz", f"--shape=x:{samples}x3x64x64",
                             "-Rpass=fuse", "-o", folder / f"batch{samples}.so")
        assert ("runs by itself" in done.stderr) == (samples > 1)
    return folder


def outputs_of(quant_run, folder, samples, threads):
    out = folder / f"out{samples}_{threads}.npz"
    quant_run(folder / f"batch{samples}.so", f"--input={folder}/data.npz", f"--output={out}",
              f"--num_threads={threads}")
    return np.load(out)["y"].tobytes()


def test_every_batch_on_any_threads_gives_the_bytes_of_single_samples(pictures, quant_run):
    expected = outputs_of(quant_run, pictures, 1, 1)
    for samples in BATCHES:
        for threads in [1, 2, 5]:
            assert outputs_of(quant_run, pictures, samples, threads) == expected


def test_the_description_is_that_of_the_batch(pictures, quant_run):
    text = quant_run(pictures / "batch4.so").stdout
    assert "input x: float32 4x3x64x64\noutput y: float32 4x4096x5\n" in text


def test_a_profile_counts_the_work_of_all_samples(pictures, quant_run):
    text = [quant_run(pictures / f"batch{samples}.so", f"--profile={pictures}/trace.json",
                      "--num_runs=3", "--num_threads=2").stdout for samples in [1, 4]]
    steps = [output.split(" steps")[0].split()[-1] for output in text]
    assert steps[0] == steps[1]
