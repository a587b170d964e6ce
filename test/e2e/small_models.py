"""Small ONNX models that together reach the kernels' corners: sizes that are no
multiple of a vector, uneven pads, groups, broadcasts, and enough work for two threads.
Their numbers mean nothing."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

EVERY_TAIL = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33]


class Graph:
    """Collects nodes; `x` is a value's name."""

    def __init__(self, **inputs):
        self.random = np.random.default_rng(7)
        self.inputs = inputs
        self.nodes, self.weights, self.outputs = [], [], []
        self.opset = 17

    def weight(self, *shape, scale=0.3):
        return self.constant(
            self.random.normal(0, scale, shape).astype(np.float32))

    def constant(self, array):
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, *operands, **attributes):
        name = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, operands, [name], name, **attributes))
        return name

    def output(self, *args, **attributes):
        """A node whose value is also a result."""
        name = self.node(*args, **attributes)
        self.outputs.append(name)
        return name

    def save(self, path):
        def info(name, shape=None):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        graph = helper.make_graph(
            self.nodes, "small", [info(*item) for item in self.inputs.items()],
            [info(name) for name in self.outputs], self.weights)
        model = helper.make_model(graph, ir_version=10 if self.opset > 20 else 8,
                                  opset_imports=[helper.make_opsetid("", self.opset)])
        onnx.save(onnx.shape_inference.infer_shapes(model), path)

    def samples(self, count, seed):
        random = np.random.default_rng(seed)
        return {name: random.normal(0, 1.5, [count, *shape[1:]]).astype(np.float32)
                for name, shape in self.inputs.items()}


def convolutions():
    g = Graph(x=[1, 6, 11, 13], line=[1, 5, 37], picture=[1, 3, 40, 40])
    conv = lambda x, *shape, op=g.output, **attributes: op(
        "Conv", x, g.weight(*shape), g.weight(shape[0]), **attributes)
    conv("x", 19, 6, 3, 3, pads=[1, 0, 2, 3])
    conv("x", 7, 6, 3, 3, dilations=[2, 3], strides=[1, 2], pads=[0, 4, 1, 0])
    conv("x", 10, 3, 3, 2, group=2, strides=[2, 1])
    conv("x", 33, 6, 1, 1)
    conv("x", 6, 1, 3, 3, group=6, pads=[1, 1, 1, 1])
    conv("x", 6, 1, 5, 3, group=6, pads=[0, 2, 3, 1], strides=[2, 2])
    conv("x", 12, 1, 3, 3, group=6, dilations=[1, 2])
    conv("line", 9, 5, 4, pads=[3, 1], strides=[3])
    up = g.node("ConvTranspose", "x", g.weight(6, 5, 4, 4), g.weight(5), strides=[2, 2],
                pads=[1, 1, 1, 1])
    g.output("ConvTranspose", g.node("Relu", up), g.weight(5, 7, 3, 3), strides=[2, 2])
    stem = g.node("Relu", conv("picture", 24, 3, 3, 3, op=g.node, strides=[2, 2],
                               pads=[0, 0, 1, 1]))
    deep = g.node("Clip", conv(stem, 24, 1, 3, 3, op=g.node, group=24,
                               pads=[1, 1, 1, 1]),
                  g.constant(np.float32(0)), g.constant(np.float32(6)))
    wide = conv(deep, 24, 24, 1, 1, op=g.node)
    joined = g.output("Relu", g.node("Add", stem, wide))
    conv(joined, 40, 24, 3, 3, pads=[1, 1, 1, 1])
    g.output("GlobalAveragePool", joined)
    g.output("MaxPool", joined, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 0, 1])
    g.output("AveragePool", joined, kernel_shape=[3, 3], strides=[2, 1],
             pads=[1, 2, 0, 1])
    g.output("AveragePool", "x", kernel_shape=[2, 4], pads=[1, 0, 0, 3],
             count_include_pad=1)
    return g


def products():
    g = Graph(a=[1, 5, 7], left=[1, 3, 9, 21], right=[1, 1, 21, 18], wide=[1, 70, 130])
    for columns in EVERY_TAIL:
        g.output("MatMul", "a", g.weight(7, columns))
    for depth in (1, 3, 6):
        part = g.node("Slice", "a", *map(g.constant, (np.array([0]), np.array([depth]),
                                                      np.array([2]))))
        g.output("Add", g.node("MatMul", part, g.weight(depth, 21)), g.weight(21))
    g.output("MatMul", "left", "right")
    g.output("MatMul", "left", g.weight(3, 21, 5))
    scores = g.node("MatMul", "left", g.node("Transpose", "left", perm=[0, 1, 3, 2]))
    g.output("MatMul", g.node("Softmax", scores, axis=-1), "left")
    hidden = g.node("Add", g.node("MatMul", "wide", g.weight(130, 95, scale=0.1)),
                    g.weight(95))
    hidden = g.node("Mul", hidden, g.node("Sigmoid", hidden))
    back = g.node("Add", g.node("MatMul", hidden, g.weight(95, 130, scale=0.1)),
                  g.weight(130))
    g.output("LayerNormalization", g.node("Add", back, "wide"), g.weight(130),
             g.weight(130), axis=-1)
    flat = g.node("Reshape", "a", g.constant(np.array([1, 35])))
    g.output("Gemm", flat, g.weight(11, 35), g.weight(11), transB=1)
    return g


def attention():
    """Heads inside, causal and windowed by constants, a mask that is an input, keys
    that heads share, and keys of another sequence."""
    g = Graph(q=[1, 150, 24], k=[1, 150, 24], v=[1, 150, 24], memory=[1, 45, 8],
              bias=[1, 1, 1, 45])
    ints = lambda *numbers: g.constant(np.array(numbers, np.int64))
    split = lambda name, order: g.node(
        "Transpose", g.node("Reshape", name, ints(1, -1, 3, 8)), perm=order)
    distance = np.arange(150)[:, None] - np.arange(150)[None]

    def attend(query, key, value, mask):
        scores = g.node("Mul", g.node("MatMul", query, key),
                        g.constant(np.float32(8 ** -0.5)))
        weights = g.node("Softmax", mask(scores), axis=-1)
        result = g.node("Transpose", g.node("MatMul", weights, value), perm=[0, 2, 1, 3])
        g.output("Reshape", result, ints(1, 150, 24))

    query, key = split("q", [0, 2, 1, 3]), split("k", [0, 2, 3, 1])
    value = split("v", [0, 2, 1, 3])
    attend(query, key, value, lambda scores: g.node(
        "Where", g.constant(distance >= 0), scores, g.constant(np.float32(-np.inf))))
    band = np.where(abs(distance) < 20, 0, -1e30).astype(np.float32)
    attend(query, key, value, lambda scores: g.node("Add", scores, g.constant(band)))
    one = g.node("Unsqueeze", "memory", ints(1))
    shared = g.node("Expand", one, ints(1, 3, 45, 8))
    other = g.node("Transpose", shared, perm=[0, 1, 3, 2])
    attend(query, other, shared, lambda scores: g.node("Add", scores, "bias"))
    return g


def rows():
    g = Graph(x=[1, 3, 40], wide=[1, 120, 97], cube=[1, 4, 5, 19])
    for n in EVERY_TAIL:
        part = g.node("Slice", "x", *map(g.constant, (np.array([40 - n]), np.array([40]),
                                                      np.array([2]))))
        g.output("Softmax", part, axis=-1)
        g.output("LayerNormalization", part, g.weight(n), g.weight(n), axis=-1)
        for kind in ("ReduceMean", "ReduceMax"):
            g.output(kind, part, axes=[2])
    g.output("Softmax", "wide", axis=-1)
    g.output("Softmax", "wide", axis=1)
    g.output("LogSoftmax", "cube", axis=-1)
    for axes in ([1], [2, 3], [1, 3], [1, 2, 3]):
        for kind in ("ReduceSum", "ReduceMin", "ReduceProd"):
            extra = [g.constant(np.array(axes))] if kind == "ReduceSum" else []
            g.output(kind, "cube", *extra, **({} if extra else {"axes": axes}))
    g.output("Transpose", "wide", perm=[0, 2, 1])
    g.output("Concat", "x", g.node("Neg", "x"), axis=2)
    return g


def functions():
    g = Graph(x=[1, 53], y=[1, 53], wide=[1, 90, 111])
    for op in ("Abs", "Neg", "Floor", "Ceil", "Round", "Sqrt", "Reciprocal", "Exp",
               "Log", "Erf", "Tanh", "Sigmoid", "Softplus", "HardSwish", "HardSigmoid",
               "LeakyRelu", "Relu"):
        g.output(op, "x")
    for op in ("Add", "Sub", "Mul", "Div", "Max", "Min"):
        g.output(op, "x", "y")
    g.output("Mul", "x", g.node("Sigmoid", "x"))
    g.output("Where", g.node("Greater", "x", "y"), "x", "y")
    g.output("Clip", "x", g.constant(np.float32(-1)), g.constant(np.float32(0.5)))
    for n in EVERY_TAIL:
        part = g.node("Slice", "y", *map(g.constant, (np.array([0]), np.array([n]),
                                                      np.array([1]))))
        g.output("Mul", part, g.node("Tanh", part))
    half = g.node("Mul", "wide", g.constant(np.float32(0.5)))
    erf = g.node("Erf", g.node("Mul", "wide", g.constant(np.float32(0.70710677))))
    g.output("Mul", half, g.node("Add", erf, g.constant(np.float32(1))))
    return g


def movement():
    g = Graph(x=[1, 6, 9, 11], ids=[1, 13])
    ints = lambda *values: g.constant(np.array(values, np.int64))
    conv = lambda x, *shape: g.node("Conv", x, g.weight(*shape), g.weight(shape[0]),
                                    pads=[1, 1, 1, 1])
    left, right = conv("x", 5, 6, 3, 3), g.node("Relu", conv("x", 12, 6, 3, 3))
    for axis in (1, 3):
        same = (left, left) if axis == 3 else (left, right)
        joined = g.output("Concat", *same, "x" if axis == 1 else left, axis=axis)
        g.output("Conv", joined, g.weight(7, 23 if axis == 1 else 5, 1, 1))
    for mode in ("constant", "edge", "reflect"):
        padded = g.node("Pad", right, ints(0, 0, 2, 1, 0, 0, 1, 3), mode=mode)
        g.output("Conv", padded, g.weight(4, 12, 3, 3))
    for mode, extra in (("nearest", {"coordinate_transformation_mode": "asymmetric",
                                     "nearest_mode": "floor"}), ("linear", {})):
        bigger = g.node("Resize", right, "", g.constant(np.array([1, 1, 2, 1.5],
                                                                 np.float32)),
                        mode=mode, **extra)
        g.output("Conv", bigger, g.weight(4, 12, 1, 1))
    g.output("Slice", right, ints(8, 1), ints(0, 10), ints(2, 3), ints(-2, 3))
    g.output("Transpose", g.output("MaxPool", right, kernel_shape=[2, 2]),
             perm=[0, 2, 3, 1])
    table = g.weight(40, 21)
    rows = g.node("Gather", table, g.node("Cast", g.node("Mul", "ids", g.constant(
        np.float32(15))), to=TensorProto.INT64), axis=0)
    g.output("LayerNormalization", rows, g.weight(21), g.weight(21), axis=-1)
    g.output("MatMul", rows, g.weight(21, 18))
    g.output("Gather", "x", ints(5, 0, -1), axis=1)
    g.output("DepthToSpace", right, blocksize=2)
    g.output("Expand", g.node("Slice", left, ints(0), ints(1), ints(3)),
             ints(1, 5, 9, 11))
    return g


def decoder():
    g = Graph(x=[1, 13, 48], past=[1, 2, 5, 12], other=[1, 7, 24])
    g.opset = 23
    for n in EVERY_TAIL:
        part = g.node("Slice", "x", *map(g.constant, (np.array([48 - n]), np.array([48]),
                                                      np.array([2]))))
        g.output("RMSNormalization", part, g.weight(n), axis=-1)
    normal = g.node("RMSNormalization", "x", g.weight(48), axis=-1, epsilon=1e-3)
    angles = np.arange(20)[:, None] / 50.0 ** (np.arange(6) / 6)
    caches = [g.constant(f(angles).astype(np.float32)) for f in (np.cos, np.sin)]
    places = g.constant(np.arange(5, 18)[None])
    q, k, v = (g.node("MatMul", normal, g.weight(48, width)) for width in (48, 24, 24))
    turned = g.node("RotaryEmbedding", q, *caches, places, num_heads=4)
    keys = g.node("RotaryEmbedding", k, *caches, places, num_heads=2, interleaved=1)
    heads = {"q_num_heads": 4, "kv_num_heads": 2}
    seen = g.node("Attention", turned, keys, v, "", "past", "past", is_causal=1, **heads)
    mask = g.random.random((13, 7)) < 0.6
    mask[3] = False
    g.output("Attention", q, "other", "other", g.constant(mask), softcap=3.0, **heads)
    g.output("Attention", q, "other", "other", g.weight(4, 13, 7), scale=0.5, **heads)
    sum_ = g.output("Add", "x", g.node("MatMul", seen, g.weight(48, 48)))
    hidden = g.node("RMSNormalization", sum_, g.weight(48), axis=-1)
    gate, up = (g.node("MatMul", hidden, g.weight(48, 70)) for _ in range(2))
    product = g.node("Mul", g.node("Mul", gate, g.node("Sigmoid", gate)), up)
    g.output("Add", sum_, g.node("MatMul", product, g.weight(70, 48)))
    return g


ALL = {make.__name__: make
       for make in (convolutions, products, attention, rows, functions, movement,
                    decoder)}
SPECIAL = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1e-45, -1e-45, 1e-39, 3.4e38,
                    -3.4e38, 0.5, -0.5, 1.5, 2.5, -2.5, 8388607.5, 88.8, -87.0, 1e-30],
                   np.float32)


def with_special(samples, names):
    """The same with one sample more, that has every special number in the inputs `names`."""
    extended = {}
    for name, array in samples.items():
        extra = array[:1].copy()
        if name in names:
            extra.flat[:len(SPECIAL)] = np.roll(SPECIAL, names.index(name))
        extended[name] = np.concatenate([array, extra])
    return extended
