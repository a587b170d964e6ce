"""Well-known networks built from their published architecture, with random weights: for
their speed, which weights do not change, and not for their accuracy.

    MobileNetV2 (Sandler et al. 2018), ResNet-18 and ResNet-50 (He et al. 2016), ViT-tiny
    (Touvron et al. 2021), all on 224x224 pictures; MiniLM-L6 (Wang et al. 2020) on 128 tokens

The graphs are those that exporters write: BatchNorm folded into convolutions, a free first
dimension. Filters have mean zero and a variance that makes every convolution's output of
variance one (scaled weight standardization, Brock et al. 2021), as BatchNorm would.
"""
import dataclasses
import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Of max(x, 0), where x is normal with variance one.
RELU_VARIANCE = (1 - 1 / math.pi) / 2


@dataclasses.dataclass
class Map:
    """A value of a convolutional network: its channels, and the variance of its elements."""
    name: str
    channels: int
    variance: float


class Graph:
    """Nodes and constants in the order in which they are made."""

    def __init__(self, name):
        self.name, self.nodes, self.constants = name, [], []
        self.random = np.random.default_rng(0)

    def constant(self, name, value, kind=np.float32):
        array = np.array(value, kind)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], f"/{name}/{kind}",
                                           **attributes))
        return name

    def model(self, inputs, output, shape):
        """`inputs`: name -> (element type, shape)."""
        graph = helper.make_graph(
            self.nodes, self.name,
            [helper.make_tensor_value_info(name, kind, dims)
             for name, (kind, dims) in inputs.items()],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
            self.constants)
        made = helper.make_model(graph, ir_version=8, producer_name="architectures.py",
                                 opset_imports=[helper.make_opsetid("", 17)])
        onnx.checker.check_model(made)
        return made

    # Convolutional networks.

    def convolution(self, x, channels, side, name, stride=1, groups=1):
        fan = x.channels // groups * side * side
        weight = self.random.normal(size=(channels, x.channels // groups, side, side))
        weight -= weight.mean(axis=(1, 2, 3), keepdims=True)
        weight *= 1 / np.sqrt(fan * x.variance)
        inputs = [x.name, self.constant(f"{name}.weight", weight),
                  self.constant(f"{name}.bias", self.random.normal(0, 0.1, channels))]
        self.node("Conv", inputs, name, dilations=[1, 1], group=groups,
                  kernel_shape=[side, side], pads=[side // 2] * 4, strides=[stride] * 2)
        return Map(name, channels, 1.0)

    def relu(self, x):
        name = self.node("Relu", [x.name], f"{x.name}.relu")
        return Map(name, x.channels, x.variance * RELU_VARIANCE)

    def relu6(self, x):
        name = self.node("Clip", [x.name, "zero", "six"], f"{x.name}.relu6")
        return Map(name, x.channels, x.variance * RELU_VARIANCE)

    def add(self, x, y, name):
        self.node("Add", [x.name, y.name], name)
        return Map(name, x.channels, x.variance + y.variance)

    def classifier(self, x, classes):
        pooled = self.node("GlobalAveragePool", [x.name], "pool")
        flat = self.node("Flatten", [pooled], "flatten", axis=1)
        weight = self.random.normal(0, x.channels ** -0.5, (classes, x.channels))
        return self.node("Gemm", [flat, self.constant("fc.weight", weight),
                                  self.constant("fc.bias", np.zeros(classes))],
                         "logits", alpha=1.0, beta=1.0, transB=1)

    # Transformers.

    def dense(self, x, rows, columns, name):
        weight = self.random.normal(0, rows ** -0.5, (rows, columns))
        product = self.node("MatMul", [x, self.constant(f"{name}.weight", weight)],
                            f"{name}.product")
        bias = self.constant(f"{name}.bias", self.random.normal(0, 0.02, columns))
        return self.node("Add", [bias, product], name)

    def layer_norm(self, x, width, name, epsilon):
        return self.node("LayerNormalization",
                         [x, self.constant(f"{name}.weight", np.ones(width)),
                          self.constant(f"{name}.bias", np.zeros(width))],
                         name, axis=-1, epsilon=epsilon)

    def gelu(self, x):
        ratio = self.node("Div", [x, "sqrt2"], f"{x}.ratio")
        shifted = self.node("Add", [self.node("Erf", [ratio], f"{x}.erf"), "one"],
                            f"{x}.shifted")
        return self.node("Mul", [self.node("Mul", [x, shifted], f"{x}.twice"), "half"],
                         f"{x}.gelu")

    def attention(self, x, width, heads, name, mask=None):
        """Self-attention and its output layer; `mask` is added to the scores."""
        def part(which, order):
            flat = self.dense(x, width, width, f"{name}.{which}")
            split = self.node("Reshape", [flat, "split_heads"], f"{flat}.split")
            return self.node("Transpose", [split], f"{flat}.heads", perm=order)

        query, key = part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1])
        value = part("value", [0, 2, 1, 3])
        scores = self.node("Div", [self.node("MatMul", [query, key], f"{name}.products"),
                                   "sqrt_head"], f"{name}.scores")
        if mask:
            scores = self.node("Add", [scores, mask], f"{name}.masked")
        weights = self.node("Softmax", [scores], f"{name}.weights", axis=-1)
        context = self.node("MatMul", [weights, value], f"{name}.context")
        rows = self.node("Transpose", [context], f"{name}.rows", perm=[0, 2, 1, 3])
        merged = self.node("Reshape", [rows, "merge_heads"], f"{name}.merged")
        return self.dense(merged, width, width, f"{name}.output")

    def transformer_constants(self, width, heads):
        for name, value in (("sqrt2", math.sqrt(2)), ("one", 1), ("half", 0.5),
                            ("sqrt_head", math.sqrt(width // heads))):
            self.constant(name, value)
        self.constant("split_heads", [0, 0, heads, width // heads], np.int64)
        self.constant("merge_heads", [0, 0, width], np.int64)


PICTURE = {"x": (TensorProto.FLOAT, ["N", 3, 224, 224])}
# Pixels are normalized as in training: variance one.
PIXELS = Map("x", 3, 1.0)


def mobilenet_v2():
    graph = Graph("mobilenet_v2")
    graph.constant("zero", 0), graph.constant("six", 6)
    x = graph.relu6(graph.convolution(PIXELS, 32, 3, "stem", stride=2))
    for stage, (expansion, channels, count, stride) in enumerate(
            ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
             (6, 160, 3, 2), (6, 320, 1, 1))):
        for index in range(count):
            x = _inverted_residual(graph, x, expansion * x.channels, channels,
                                   stride if index == 0 else 1, f"s{stage}.{index}")
    x = graph.relu6(graph.convolution(x, 1280, 1, "head"))
    return graph.model(PICTURE, graph.classifier(x, 1000), ["N", 1000])


def _inverted_residual(graph, x, inner, channels, stride, name):
    y = x
    if inner != x.channels:
        y = graph.relu6(graph.convolution(y, inner, 1, f"{name}.expand"))
    y = graph.relu6(graph.convolution(y, inner, 3, f"{name}.depthwise", stride, inner))
    y = graph.convolution(y, channels, 1, f"{name}.project")
    if stride == 1 and channels == x.channels:
        y = graph.add(x, y, f"{name}.sum")
    return y


def resnet(name, block, counts, growth):
    graph = Graph(name)
    x = graph.relu(graph.convolution(PIXELS, 64, 7, "stem", stride=2))
    x.name = graph.node("MaxPool", [x.name], "maxpool", kernel_shape=[3, 3],
                        pads=[1] * 4, strides=[2, 2], dilations=[1, 1], ceil_mode=0)
    for stage, count in enumerate(counts):
        for index in range(count):
            place, inner = f"s{stage}.{index}", 64 << stage
            stride = 2 if stage and index == 0 else 1
            y = block(graph, x, inner, stride, place)
            if stride != 1 or x.channels != inner * growth:
                x = graph.convolution(x, inner * growth, 1, f"{place}.shortcut", stride)
            x = graph.relu(graph.add(y, x, f"{place}.sum"))
    return graph.model(PICTURE, graph.classifier(x, 1000), ["N", 1000])


def _basic(graph, x, inner, stride, name):
    y = graph.relu(graph.convolution(x, inner, 3, f"{name}.first", stride))
    return graph.convolution(y, inner, 3, f"{name}.second")


def _bottleneck(graph, x, inner, stride, name):
    y = graph.relu(graph.convolution(x, inner, 1, f"{name}.first"))
    y = graph.relu(graph.convolution(y, inner, 3, f"{name}.second", stride))
    return graph.convolution(y, 4 * inner, 1, f"{name}.third")


def vit_tiny(width=192, heads=3, layers=12, side=224, patch=16):
    graph = Graph("vit_tiny")
    graph.transformer_constants(width, heads)
    random, tokens = graph.random, (side // patch) ** 2 + 1
    weight = random.normal(0, (3 * patch * patch) ** -0.5, (width, 3, patch, patch))
    patches = graph.node("Conv", ["x", graph.constant("patch.weight", weight),
                                  graph.constant("patch.bias", np.zeros(width))],
                         "patches", kernel_shape=[patch] * 2, strides=[patch] * 2,
                         pads=[0] * 4, dilations=[1, 1], group=1)
    graph.constant("token_rows", [0, width, -1], np.int64)
    columns = graph.node("Reshape", [patches, "token_rows"], "columns")
    x = graph.node("Transpose", [columns], "tokens", perm=[0, 2, 1])
    for name, value in (("first", [0]), ("second", [1]), ("one_token", [1, width])):
        graph.constant(name, value, np.int64)
    batch = graph.node("Slice", [graph.node("Shape", [x], "shape"), "first", "second",
                                 "first"], "batch")
    shape = graph.node("Concat", [batch, "one_token"], "class_shape", axis=0)
    graph.constant("class_token", random.normal(0, 1, (1, 1, width)))
    classes = graph.node("Expand", ["class_token", shape], "classes")
    x = graph.node("Concat", [classes, x], "all_tokens", axis=1)
    graph.constant("positions", random.normal(0, 0.1, (1, tokens, width)))
    x = graph.node("Add", [x, "positions"], "embedded")
    for index in range(layers):
        name = f"l{index}"
        y = graph.layer_norm(x, width, f"{name}.norm1", 1e-6)
        y = graph.attention(y, width, heads, f"{name}.attention")
        x = graph.node("Add", [y, x], f"{name}.sum1")
        y = graph.layer_norm(x, width, f"{name}.norm2", 1e-6)
        y = graph.gelu(graph.dense(y, width, 4 * width, f"{name}.wide"))
        y = graph.dense(y, 4 * width, width, f"{name}.narrow")
        x = graph.node("Add", [y, x], f"{name}.sum2")
    x = graph.layer_norm(x, width, "norm", 1e-6)
    graph.constant("class_index", 0, np.int64)
    x = graph.node("Gather", [x, "class_index"], "class", axis=1)
    weight = random.normal(0, width ** -0.5, (1000, width))
    logits = graph.node("Gemm", [x, graph.constant("fc.weight", weight),
                                 graph.constant("fc.bias", np.zeros(1000))],
                        "logits", alpha=1.0, beta=1.0, transB=1)
    return graph.model(PICTURE, logits, ["N", 1000])


WORDS, TOKENS = 30522, 128


def minilm_l6(width=384, heads=12, layers=6):
    graph = Graph("minilm_l6")
    graph.transformer_constants(width, heads)
    mask = _additive_mask(graph)
    random, epsilon = graph.random, 1e-12
    graph.constant("words", random.normal(0, 1, (WORDS, width)))
    x = graph.node("Gather", ["words", "input_ids"], "word")
    for name, rows in (("segment", 1), ("position", TOKENS)):
        graph.constant(f"{name}s", random.normal(0, 0.2, (1, rows, width)))
        x = graph.node("Add", [x, f"{name}s"], f"with_{name}")
    x = graph.layer_norm(x, width, "embedded", epsilon)
    for index in range(layers):
        name = f"l{index}"
        y = graph.attention(x, width, heads, f"{name}.attention", mask)
        x = graph.layer_norm(graph.node("Add", [y, x], f"{name}.sum1"), width,
                             f"{name}.norm1", epsilon)
        y = graph.gelu(graph.dense(x, width, 4 * width, f"{name}.wide"))
        y = graph.dense(y, 4 * width, width, f"{name}.narrow")
        x = graph.layer_norm(graph.node("Add", [y, x], f"{name}.sum2"), width,
                             f"{name}.norm2", epsilon)
    return graph.model(
        {name: (TensorProto.INT64, ["N", TOKENS])
         for name in ("input_ids", "attention_mask")},
        _mean_of_tokens(graph, x), ["N", width])


def _additive_mask(graph):
    """Zero for tokens, the lowest float for padding, over heads and queries."""
    graph.constant("lowest", np.finfo(np.float32).min)
    graph.constant("axis1", [1], np.int64), graph.constant("axis2", [2], np.int64)
    rows = graph.node("Unsqueeze", ["attention_mask", "axis1"], "mask.rows")
    heads = graph.node("Unsqueeze", [rows, "axis2"], "mask.heads")
    floats = graph.node("Cast", [heads], "mask.floats", to=TensorProto.FLOAT)
    inverse = graph.node("Sub", ["one", floats], "mask.inverse")
    return graph.node("Mul", [inverse, "lowest"], "mask.added")


def _mean_of_tokens(graph, x):
    """The mean over the tokens that the mask keeps, of length one."""
    graph.constant("last", [-1], np.int64), graph.constant("least", 1e-9)
    column = graph.node("Unsqueeze", ["attention_mask", "last"], "mask.column")
    kept = graph.node("Cast", [column], "mask.kept", to=TensorProto.FLOAT)
    total = graph.node("ReduceSum", [graph.node("Mul", [x, kept], "kept"), "axis1"],
                       "total", keepdims=0)
    count = graph.node("ReduceSum", [kept, "axis1"], "count", keepdims=0)
    mean = graph.node("Div", [total, graph.node("Clip", [count, "least"], "divisor")],
                      "mean")
    length = graph.node("ReduceL2", [mean], "length", axes=[1], keepdims=1)
    return graph.node("Div", [mean, length], "sentence")


BUILDERS = {
    "mobilenet_v2_224": mobilenet_v2,
    "resnet18_224": lambda: resnet("resnet18", _basic, (2, 2, 2, 2), 1),
    "resnet50_224": lambda: resnet("resnet50", _bottleneck, (3, 4, 6, 3), 4),
    "vit_tiny_224": vit_tiny,
    "minilm_l6_128": minilm_l6,
}


def write(name, path):
    """Builds the network where `path` does not hold it yet."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(BUILDERS[name](), path)


def samples(name, count):
    """`count` random samples of a network's inputs."""
    random = np.random.default_rng(1)
    if name.startswith("minilm"):
        return [{"input_ids": random.integers(0, WORDS, (1, TOKENS), np.int64),
                 "attention_mask": np.ones((1, TOKENS), np.int64)} for _ in range(count)]
    return [{"x": random.standard_normal((1, 3, 224, 224), np.float32)}
            for _ in range(count)]
