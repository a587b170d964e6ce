"""ONNX's own node tests, through the importer and the interpreter.

`onnx_nodes.txt` lists the cases that give the right numbers. A case that stops
doing so fails, and so does one that starts to and is not listed. What is not
listed is refused with an error; nothing may crash or compute something else.

Every eighth case is run; QUANTIR_ALL=1 runs all of them, which takes minutes,
and QUANTIR_UPDATE=1 also writes the list anew.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import threading

import numpy as np
import onnx
import onnx.backend.test.loader
import onnx.numpy_helper
import pytest

HERE = pathlib.Path(__file__).parent
BIN = pathlib.Path(os.environ.get("QUANTIR_BUILD_DIR", HERE.parents[1] / "build/dev")) / "bin"
UPDATE = bool(os.environ.get("QUANTIR_UPDATE"))
STEP = 1 if UPDATE or os.environ.get("QUANTIR_ALL") else 8
LIST = HERE / "onnx_nodes.txt"
READING = threading.Lock()  # numpy reads headers by `ast`, which no two threads of 3.11 may use
TYPES = {"FLOAT", "INT64", "INT32", "INT8", "UINT8", "BOOL"}


def is_dense(value):
    return value.type.HasField("tensor_type") and onnx.TensorProto.DataType.Name(
        value.type.tensor_type.elem_type) in TYPES


def candidates():
    """The cases of dense tensors in types that the dialect has."""
    for case in onnx.backend.test.loader.load_model_tests(kind="node"):
        if "expanded" in case.name or not case.data_sets:
            continue
        graph = case.model.graph
        tensors = [np.asarray(x) for part in case.data_sets[0] for x in part
                   if not isinstance(x, list)]
        # Sample files hold no empty arrays, and a model without input has no samples.
        if graph.input and all(x.size for x in tensors) and all(
                map(is_dense, [*graph.input, *graph.output])):
            yield case


def with_constants(model, inputs):
    """Shapes, axes and the like, which the cases pass as inputs, become constants."""
    baked = onnx.ModelProto()
    baked.CopyFrom(model)
    kept = {}
    for i, (info, array) in enumerate(zip(model.graph.input, inputs)):
        if i == 0 or array.dtype == np.float32 and array.ndim > 1:
            kept[info.name] = array
        else:
            baked.graph.initializer.append(onnx.numpy_helper.from_array(array, info.name))
            baked.graph.input.remove(info)
    return baked, kept


def run(model, inputs, folder):
    """The outputs by name; None when the importer refuses the model."""
    onnx.save(model, folder / "model.onnx")
    np.savez(folder / "in.npz", **inputs)
    imported = subprocess.run(
        [BIN / "quant-compile", folder / "model.onnx", "--compile-to=import",
         "-o", folder / "model.mlir"], capture_output=True, text=True, timeout=60)
    if imported.returncode == 1:
        assert "error: " in imported.stderr
        return None
    assert imported.returncode == 0, imported.stderr
    computed = subprocess.run(
        [BIN / "quant-opt", folder / "model.mlir", "-o", os.devnull,
         f"--quantir-interpret=input={folder / 'in.npz'} output={folder / 'out.npz'}"],
        capture_output=True, text=True, timeout=60)
    assert computed.returncode == 0, computed.stderr
    with READING:
        return dict(np.load(folder / "out.npz"))


def check(case, folder):
    """"right", "refused", or what went wrong."""
    folder.mkdir()
    inputs, outputs = case.data_sets[0]
    arrays = [x if isinstance(x, np.ndarray) else np.asarray(x) for x in inputs]
    names = [i.name for i in case.model.graph.input]
    try:
        results = run(case.model, dict(zip(names, arrays)), folder)
        if results is None and len(arrays) > 1:
            results = run(*with_constants(case.model, arrays), folder)
        if results is None:
            return "refused"
        for info, wanted in zip(case.model.graph.output, outputs):
            found = results[info.name].reshape(np.shape(wanted))
            np.testing.assert_allclose(found.astype(np.float64),
                                       np.asarray(wanted).astype(np.float64),
                                       rtol=max(case.rtol, 1e-4), atol=1e-5)
    except Exception as problem:  # every kind of failure is the case's answer
        return f"{type(problem).__name__}: {problem}"
    return "right"


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nodes")
    cases = sorted(candidates(), key=lambda case: case.name)[::STEP]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda case: check(case, folder / case.name), cases)
        return {case.name: result for case, result in zip(cases, results)}


def test_nothing_is_wrong(answers):
    wrong = {name: answer for name, answer in answers.items()
             if answer not in ("right", "refused")}
    assert not wrong, "\n".join(f"{name}: {answer[:600]}" for name, answer in wrong.items())


def test_as_many_as_listed(answers):
    right = sorted(name for name, answer in answers.items() if answer == "right")
    if UPDATE:
        LIST.write_text("\n".join(right) + "\n")
    listed = [name for name in LIST.read_text().split() if STEP == 1 or name in answers]
    assert sorted(set(listed) - set(right)) == [], "listed, but no longer right"
    assert sorted(set(right) - set(listed)) == [], "right, but not listed"
