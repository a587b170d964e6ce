"""Counts a graph's multiply-accumulates."""
import math

import onnx


def count(path):
    """Operator -> multiply-accumulates of one run of the ONNX file, whose shapes are
    fixed; recurrent layers count their products alone."""
    proto = onnx.shape_inference.infer_shapes(onnx.load(path), data_prop=True)
    graph = proto.graph
    shapes = {i.name: list(i.dims) for i in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        dims = value.type.tensor_type.shape.dim
        shapes.setdefault(value.name, [dim.dim_value for dim in dims])
    total = {}
    for node in graph.node:
        if node.op_type in COUNTERS and all(n in shapes for n in node.input[:2]):
            macs = COUNTERS[node.op_type](node, shapes)
            total[node.op_type] = total.get(node.op_type, 0) + macs
    return total


def _matmul(node, shapes):
    return math.prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]


def _gemm(node, shapes):
    turned = any(a.name == "transA" and a.i for a in node.attribute)
    return math.prod(shapes[node.output[0]]) * shapes[node.input[0]][0 if turned else 1]


def _convolution(node, shapes):
    return math.prod(shapes[node.output[0]]) * math.prod(shapes[node.input[1]][1:])


def _transposed(node, shapes):
    return math.prod(shapes[node.input[0]]) * math.prod(shapes[node.input[1]][1:])


def _recurrent(node, shapes):
    steps, batch = shapes[node.input[0]][:2]
    return steps * batch * sum(math.prod(shapes[name]) for name in node.input[1:3])


COUNTERS = {"MatMul": _matmul, "Gemm": _gemm, "Conv": _convolution,
            "ConvTranspose": _transposed, "LSTM": _recurrent, "GRU": _recurrent}
