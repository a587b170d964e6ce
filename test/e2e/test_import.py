"""The importer on the shipped model, and on files that are no models."""
import os
import pathlib
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

ROOT = pathlib.Path(__file__).parents[2]
BIN = pathlib.Path(os.environ.get("QUANTIR_BUILD_DIR", ROOT / "build/dev")) / "bin"
DIGITS = ROOT / "test" / "models" / "digits"


def compile_to_import(model, out):
    return subprocess.run([BIN / "quant-compile", model, "--compile-to=import", "-o", out],
                          capture_output=True, text=True, timeout=60)


def refused(model, out):
    """The message about a model that is refused and leaves nothing behind."""
    result = compile_to_import(model, out)
    assert result.returncode == 1, result.stderr
    assert not out.exists()
    assert "Stack dump" not in result.stderr
    return result.stderr


def test_shipped_model_equals_onnxruntime(tmp_path):
    image = np.load(DIGITS / "eval.npz")["image"][:8]
    np.savez(tmp_path / "in.npz", image=image)
    imported = compile_to_import(DIGITS / "digits.onnx", tmp_path / "digits.mlir")
    assert imported.returncode == 0, imported.stderr
    subprocess.run([BIN / "quant-opt", tmp_path / "digits.mlir", "-o", os.devnull,
                    f"--quantir-interpret=input={tmp_path / 'in.npz'} "
                    f"output={tmp_path / 'out.npz'}"], check=True, timeout=60)
    found = np.load(tmp_path / "out.npz")["logits"].reshape(8, -1)
    session = onnxruntime.InferenceSession(DIGITS / "digits.onnx")
    wanted = np.concatenate([session.run(None, {"image": one[None]})[0] for one in image])
    assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()


def product_model(weights, readers):
    """x [1, 40] times weights that lie in the file as raw data, `readers` of them."""
    nodes = [helper.make_node(kind, ["x", "w"], [f"y{i}"]) for i, kind in enumerate(readers)]
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(
        nodes, "product", [value("x", [1, 40])],
        [value(f"y{i}", [1 if kind == "MatMul" else 40, 40]) for i, kind in enumerate(readers)],
        [onnx.numpy_helper.from_array(weights, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("readers", [["MatMul"], ["MatMul", "Add"]])
def test_weights_of_products(tmp_path, readers):
    """Read as [N, K] where only products read them."""
    rng = np.random.default_rng(7)
    weights = rng.standard_normal((40, 40), np.float32)
    x = rng.standard_normal((1, 40), np.float32)
    onnx.save(product_model(weights, readers), tmp_path / "m.onnx")
    np.savez(tmp_path / "in.npz", x=x)
    imported = compile_to_import(tmp_path / "m.onnx", tmp_path / "m.mlir")
    assert imported.returncode == 0, imported.stderr
    subprocess.run([BIN / "quant-opt", tmp_path / "m.mlir", "-o", os.devnull,
                    f"--quantir-interpret=input={tmp_path / 'in.npz'} "
                    f"output={tmp_path / 'out.npz'}"], check=True, timeout=60)
    found = np.load(tmp_path / "out.npz")
    assert np.allclose(found["y0"].reshape(1, 40), x @ weights, atol=1e-4)
    weights[1, 2] = np.nan
    onnx.save(product_model(weights, readers), tmp_path / "m.onnx")
    assert "'w': error: holds NaN at element 42" in refused(tmp_path / "m.onnx",
                                                            tmp_path / "out.mlir")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_cut_file_is_refused(tmp_path, share):
    whole = (DIGITS / "digits.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[:int(len(whole) * share)])
    assert "cut.onnx: error: " in refused(tmp_path / "cut.onnx", tmp_path / "out.mlir")


def test_noise_is_refused(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, 4096, dtype=np.uint8)
    (tmp_path / "noise.onnx").write_bytes(noise.tobytes())
    refused(tmp_path / "noise.onnx", tmp_path / "out.mlir")


def test_folder_and_missing_file_are_refused(tmp_path):
    assert "is not a regular file" in refused(tmp_path, tmp_path / "out.mlir")
    assert "cannot be read" in refused(tmp_path / "none.onnx", tmp_path / "out.mlir")


def external_model(folder, location, length=16, offset=0):
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4],
                          data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        weights.external_data.add(key=key, value=str(value))
    tensor = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [4]) for n in "xy"]
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g",
                              tensor[:1], tensor[1:], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return folder / "model.onnx"


def test_external_data_beside_the_model_is_read(tmp_path):
    np.arange(8, dtype=np.float32).tofile(tmp_path / "weights.bin")
    model = external_model(tmp_path, "weights.bin", offset=16)
    result = compile_to_import(model, tmp_path / "out.mlir")
    assert result.returncode == 0, result.stderr
    assert "4.000000e+00, 5.000000e+00" in (tmp_path / "out.mlir").read_text()


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "link", "sub/../../secret",
                                      "file://x", "", "fifo", "sub", "missing"])
def test_external_data_elsewhere_is_refused(tmp_path, location):
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(bytes(16))
    (folder / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "fifo")
    message = refused(external_model(folder, location), tmp_path / "out.mlir")
    assert "'w': error: external data file" in message


@pytest.mark.parametrize("offset, length", [(8, 16), (-1, 16), (2**62, 16), (0, 8)])
def test_external_data_outside_its_file_is_refused(tmp_path, offset, length):
    (tmp_path / "weights.bin").write_bytes(bytes(16))
    model = external_model(tmp_path, "weights.bin", offset=offset, length=length)
    assert "'w': error: " in refused(model, tmp_path / "out.mlir")


def test_doubling_constants_stay_small(tmp_path):
    nodes = [helper.make_node("Concat", [f"x{i}", f"x{i}"], [f"x{i + 1}"], axis=0)
             for i in range(40)]
    graph = helper.make_graph(
        nodes, "g", [], [helper.make_tensor_value_info("x40", TensorProto.FLOAT, [4])],
        [helper.make_tensor("x0", TensorProto.FLOAT, [4], [1.0, 2.0, 3.0, 4.0])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    (tmp_path / "double.onnx").write_bytes(model.SerializeToString())
    assert "over the limit" in refused(tmp_path / "double.onnx", tmp_path / "out.mlir")
