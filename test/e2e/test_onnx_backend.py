"""ONNX's own node tests through `quantir.backend`: compiled to machine code and run here.

Every case of `onnx_nodes.txt` gives the right numbers, and the very bytes that the interpreter
gives. Every fourth case is run; QUANTIR_ALL=1 runs all of them, which takes two minutes.
"""
import concurrent.futures
import os
import unittest

import numpy as np
import onnx.backend.test
import onnx.backend.test.loader
import onnx.numpy_helper
import pytest

import quantir.backend
import test_onnx_nodes

STEP = 1 if os.environ.get("QUANTIR_ALL") else 4


def with_weights(model, inputs):
    """The filter of a convolution, which the cases pass as an input, becomes a constant."""
    baked = onnx.ModelProto()
    baked.CopyFrom(model)
    first, *others = model.graph.input
    for info, array in zip(others, inputs[1:]):
        baked.graph.initializer.append(onnx.numpy_helper.from_array(array, info.name))
        baked.graph.input.remove(info)
    return baked, {first.name: inputs[0]}


def prepare(model, inputs):
    """The compiled case, the model it was made of and its inputs by name."""
    names = [info.name for info in model.graph.input]
    attempts = [lambda: (model, dict(zip(names, inputs)))]
    if len(inputs) > 1:
        attempts.append(lambda: test_onnx_nodes.with_constants(model, inputs))
        attempts.append(lambda: with_weights(model, inputs))
    for attempt in attempts:
        tried, feeds = attempt()
        try:
            return quantir.backend.prepare(tried), tried, feeds
        except quantir.CompileError as error:
            refusal = error
    raise refusal


def check(case, folder):
    """What is wrong, or nothing."""
    folder.mkdir()
    inputs, wanted = case.data_sets[0]
    try:
        compiled, model, feeds = prepare(case.model, [np.asarray(x) for x in inputs])
        found = compiled.run(feeds)
        for ours, theirs in zip(found, wanted, strict=True):
            theirs = np.asarray(theirs)
            np.testing.assert_allclose(ours.reshape(theirs.shape).astype(np.float64),
                                       theirs.astype(np.float64),
                                       rtol=max(case.rtol, 1e-4), atol=1e-5)
        meant = test_onnx_nodes.run(model, feeds, folder)
        for tensor, ours in zip(compiled.model.outputs, found):
            if ours.tobytes() != meant[tensor.name].tobytes():
                return f"output {tensor.name} is not what the interpreter gives"
    except Exception as problem:  # every kind of failure is the case's answer
        return f"{type(problem).__name__}: {problem}"
    return None


def test_compiled_cases_are_right(tmp_path):
    listed = set(test_onnx_nodes.LIST.read_text().split())
    cases = [case for case in test_onnx_nodes.candidates() if case.name in listed]
    assert len(cases) == len(listed), "a listed case is not among ONNX's"
    cases = sorted(cases, key=lambda case: case.name)[::STEP]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = pool.map(lambda case: check(case, tmp_path / case.name), cases)
        wrong = [f"{case.name}: {answer[:600]}"
                 for case, answer in zip(cases, answers) if answer]
    assert not wrong, "\n".join(wrong)


def test_onnx_runs_its_tests_itself():
    """The harness that backends are scored with."""
    tests = onnx.backend.test.BackendTest(quantir.backend, __name__)
    for name in ["relu", "softmax_axis_1", "averagepool_2d_default"]:
        tests.include(f"^test_{name}_cpu$")
    result = unittest.TestResult()
    tests.test_suite.run(result)
    assert result.testsRun - len(result.skipped) >= 3
    assert not result.errors and not result.failures


@pytest.mark.parametrize("name, reads", [("test_relu", True), ("test_det_2d", False)])
def test_compatible_is_what_the_importer_reads(name, reads):
    case, = (case for case in onnx.backend.test.loader.load_model_tests(kind="node")
             if case.name == name)
    assert quantir.backend.is_compatible(case.model) == reads
