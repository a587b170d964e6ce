"""Attention of a quantized model is one kernel whose memory grows with the sequence."""
import re

import numpy as np
import pytest
import small_models


def model(rows):
    g = small_models.Graph(q=[1, 2, rows, 32], k=[1, 2, rows, 32], v=[1, 2, rows, 32])
    scores = g.node("MatMul", "q", g.node("Transpose", "k", perm=[0, 1, 3, 2]))
    weights = g.node("Softmax", g.node("Mul", scores, g.constant(np.float32(0.18))),
                     axis=-1)
    g.output("MatMul", weights, "v")
    return g


@pytest.fixture
def compiled(tmp_path, quant_compile, quant_run):
    """rows -> what the compiler says, the artifact's memory, inputs and outputs."""
    def compile_and_run(rows):
        graph, path = model(rows), tmp_path / f"{rows}.onnx"
        graph.save(path)
        samples = graph.samples(2, seed=1)
        np.savez(tmp_path / "x.npz", **samples)
        artifact = tmp_path / f"{rows}.so"
        said = quant_compile(path, "--quantize=w8a8", f"--calib={tmp_path / 'x.npz'}",
                             "--Rpass=quantir-fuse", "-o", artifact).stderr
        arena = re.search(r"arena (\d+) bytes", quant_run(artifact).stdout)[1]
        quant_run(artifact, f"--input={tmp_path / 'x.npz'}",
                  f"--output={tmp_path / 'y.npz'}")
        with np.load(tmp_path / "y.npz") as outputs:
            return said, int(arena), samples, outputs[outputs.files[0]]

    return compile_and_run


def test_scores_are_never_kept(compiled):
    said, small, _, _ = compiled(512)
    assert re.search(r"attention: \d+ ops share a kernel", said)
    assert small < 2 * 512 * 512  # not a byte for each score
    assert compiled(1024)[1] < 2.2 * small


def test_is_near_attention_in_double(compiled):
    _, _, samples, actual = compiled(96)
    q, k, v = (samples[name].astype(float) for name in "qkv")
    weights = np.exp(q @ k.swapaxes(-1, -2) * 0.18)
    expected = weights @ v / weights.sum(-1, keepdims=True)
    error = ((actual.reshape(expected.shape) - expected) ** 2).sum()
    assert error < 1e-3 * (expected ** 2).sum()
