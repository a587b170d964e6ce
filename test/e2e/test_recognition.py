"""What the importer makes of transformers and of pruned models, against ONNX itself."""
import numpy as np
import onnx
import onnx.reference
import pytest
import small_models


def run(library, inputs, folder, quant_run):
    np.savez(folder / "in.npz", **inputs)
    quant_run(library, f"--input={folder / 'in.npz'}", f"--output={folder / 'out.npz'}")
    return dict(np.load(folder / "out.npz"))


def compare(graph, folder, quant_compile, quant_run):
    """The artifact's numbers are the reference's."""
    model, library = folder / "m.onnx", folder / "m.so"
    graph.save(model)
    quant_compile(model, "-o", library)
    inputs = graph.samples(1, seed=3)
    found = run(library, inputs, folder, quant_run)
    wanted = onnx.reference.ReferenceEvaluator(str(model)).run(None, inputs)
    for name, values in zip(graph.outputs, wanted, strict=True):
        np.testing.assert_allclose(found[name].reshape(values.shape), values, rtol=1e-4,
                                   atol=1e-5 * np.abs(values).max(), err_msg=name)


def test_decoder(tmp_path, quant_compile, quant_run):
    compare(small_models.decoder(), tmp_path, quant_compile, quant_run)


def pruned(zero_rows, zero_columns, activation):
    """Two convolutions, the first with zero filters, the second blind to some channels."""
    g = small_models.Graph(x=[1, 6, 9, 9])
    first = g.random.normal(0, 0.3, (40, 6, 3, 3)).astype(np.float32)
    second = g.random.normal(0, 0.1, (10, 40, 3, 3)).astype(np.float32)
    bias = g.random.normal(0, 0.3, 40).astype(np.float32)
    first[zero_rows], bias[zero_rows] = 0, 0
    second[:, zero_columns] = 0
    hidden = g.node("Conv", "x", g.constant(first), g.constant(bias), pads=[1, 1, 1, 1])
    g.output("Conv", g.node(activation, hidden), g.constant(second), g.weight(10),
             pads=[1, 1, 1, 1])
    return g


@pytest.mark.parametrize("activation", ["Relu", "Sigmoid"])
@pytest.mark.parametrize("rows, columns", [(slice(0, 24), slice(0, 0)),
                                           (slice(3, 12, 2), slice(0, 40, 3)),
                                           (slice(0, 40), slice(0, 0))])
def test_pruned_channels(rows, columns, activation, tmp_path, quant_compile, quant_run):
    compare(pruned(rows, columns, activation), tmp_path, quant_compile, quant_run)
