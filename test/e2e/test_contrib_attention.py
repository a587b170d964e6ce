"""Attention as com.microsoft's operators have it, against ONNX Runtime."""
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.default_rng(5)
BATCH, LENGTH, HEADS, SIZE = 2, 7, 4, 16
WIDTH = HEADS * SIZE


def real(*shape):
    return RANDOM.normal(0, 1, shape).astype(np.float32)


def ints(*numbers):
    return np.array(numbers, np.int32)


def angles(function):
    return function(np.arange(16)[:, None] / 30.0 ** (np.arange(SIZE // 2) / 4)).astype(
        np.float32)


def mask(*shape):
    chosen = RANDOM.random(shape) < 0.7
    chosen[..., 0] = True
    return chosen.astype(np.int32)


X, TRIPLE = real(BATCH, LENGTH, 12), (real(12, 3 * WIDTH), real(3 * WIDTH))
PAST = real(2, BATCH, HEADS, 3, SIZE)
Q, K, V = (real(BATCH, LENGTH, width) for width in (WIDTH, WIDTH // 2, WIDTH // 2))
TURN = [angles(np.cos), angles(np.sin)]
LENGTHS = [np.full(BATCH, LENGTH - 1, np.int32), np.array(LENGTH, np.int32)]
GROUPS = {"num_heads": HEADS, "kv_num_heads": HEADS // 2}

# operator, inputs (None: left out), attributes, outputs
CASES = {
    "fused": ("Attention", [X, *TRIPLE], {}, 1),
    "causal": ("Attention", [X, *TRIPLE], {"unidirectional": 1, "scale": 0.2}, 1),
    "key_mask": ("Attention", [X, *TRIPLE, mask(BATCH, LENGTH)], {}, 1),
    "lengths": ("Attention", [X, *TRIPLE, ints(4, 7)], {}, 1),
    "ends_and_starts": ("Attention", [X, *TRIPLE, ints(6, 7, 1, 3)], {}, 1),
    "mask_of_scores": ("Attention", [X, *TRIPLE, mask(BATCH, LENGTH, LENGTH)], {}, 1),
    "bias_of_scores": ("Attention", [X, *TRIPLE, None, None,
                                     real(1, HEADS, LENGTH, LENGTH)], {}, 1),
    "past": ("Attention", [X, *TRIPLE, None, PAST], {"unidirectional": 1}, 2),
    "widths": ("Attention", [X, real(12, 2 * WIDTH + 20), real(2 * WIDTH + 20)],
               {"qkv_hidden_sizes": [WIDTH, WIDTH, 20]}, 1),
    "multi_head": ("MultiHeadAttention", [Q, real(BATCH, 5, WIDTH), real(BATCH, 5, 20),
                                          real(2 * WIDTH + 20), mask(BATCH, 5)], {}, 1),
    "groups": ("GroupQueryAttention", [Q, K, V, None, None, *LENGTHS], GROUPS, 3),
    "packed": ("GroupQueryAttention", [real(BATCH, LENGTH, 2 * WIDTH), None, None, None,
                                       None, *LENGTHS], GROUPS, 1),
    "turned": ("GroupQueryAttention", [Q, K, V, None, None, *LENGTHS, *TURN],
               {**GROUPS, "do_rotary": 1}, 3),
    "turned_in_pairs": ("GroupQueryAttention", [Q, K, V, None, None, *LENGTHS, *TURN],
                        {**GROUPS, "do_rotary": 1, "rotary_interleaved": 1}, 1),
    "window": ("GroupQueryAttention", [Q, K, V, None, None, *LENGTHS],
               {**GROUPS, "local_window_size": 3, "softcap": 2.0, "scale": 0.5}, 1),
}


@pytest.mark.parametrize("case", CASES)
def test_equals_onnxruntime(case, tmp_path, quant_compile, quant_opt):
    operator, inputs, attributes, outputs = CASES[case]
    attributes = {"num_heads": HEADS, **attributes}
    # The first input is the model's; the rest are constants, as weights and masks are.
    names = ["" if array is None else f"i{i}" for i, array in enumerate(inputs)]
    results = [f"o{i}" for i in range(outputs)]
    graph = helper.make_graph(
        [helper.make_node(operator, names, results, "node", domain="com.microsoft",
                          **attributes)], "attention",
        [helper.make_tensor_value_info("i0", TensorProto.FLOAT, inputs[0].shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in results],
        [numpy_helper.from_array(array, f"i{i}") for i, array in enumerate(inputs)
         if i and array is not None])
    model = helper.make_model(graph, ir_version=8, opset_imports=[
        helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    onnx.save(model, tmp_path / "model.onnx")
    np.savez(tmp_path / "in.npz", i0=inputs[0])
    quant_compile(tmp_path / "model.onnx", "--compile-to=import", "-o",
                  tmp_path / "model.mlir")
    quant_opt(tmp_path / "model.mlir", "-o", tmp_path / "unused.mlir",
              f"--quantir-interpret=input={tmp_path / 'in.npz'} "
              f"output={tmp_path / 'out.npz'}")
    found = np.load(tmp_path / "out.npz")
    wanted = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(
        results, {"i0": inputs[0]})
    for name, one in zip(results, wanted):
        assert np.abs(found[name].reshape(one.shape) - one).max() < 2e-5, name


@pytest.mark.parametrize("extra, reason", [
    ({"do_rotary": 1}, "rotary embedding or a shared cache"),
    ({"qkv_hidden_sizes": [WIDTH, WIDTH, 1]}, "not its qkv_hidden_sizes"),
    ({"num_heads": 5}, "for 5 heads")])
def test_what_is_not_supported_is_named(extra, reason, tmp_path, quant_compile):
    graph = helper.make_graph(
        [helper.make_node("Attention", ["x", "w"], ["y"], "node", domain="com.microsoft",
                          **{"num_heads": HEADS, **extra})], "attention",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, X.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(TRIPLE[0], "w")])
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[
        helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]),
        tmp_path / "model.onnx")
    said = quant_compile(tmp_path / "model.onnx", "--compile-to=import", "-o",
                         tmp_path / "model.mlir", status=1).stderr
    assert "node" in said and reason in said
