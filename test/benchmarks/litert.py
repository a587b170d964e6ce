"""Writes an ONNX model of convolutions and dense layers as LiteRT's int8 file (.tflite).

The graph is what ONNX Runtime leaves after folding constants and BatchNorm. Activations
are int8 with one scale, from the smallest to the largest value of the samples; weights
are int8 with a scale for each output channel, as LiteRT's own quantizer makes them.
Pictures are NHWC inside, and the input's too. Where ONNX pads a strided convolution as
TensorFlow does not, it is padded as TensorFlow would: the same work, one pixel beside.
"""
import math

import flatbuffers
import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import numpy_helper

from peers import NotForModel

PASSING = {"MaxPool", "Reshape", "Flatten", "Identity", "Concat"}  # keep their scale
OPERATORS = schema.BuiltinOperator
INT8, INT32, FLOAT = (schema.TensorType.INT8, schema.TensorType.INT32,
                      schema.TensorType.FLOAT32)


def convert(source, feeds, work):
    """The bytes of the .tflite file of the ONNX file at `source`, with fixed shapes."""
    proto = _folded(source, work)
    arguments = proto, *_shapes_and_ranges(proto, feeds)
    if any(node.op_type == "LayerNormalization" for node in proto.graph.node):
        from litert_dynamic import DynamicConverter
        return DynamicConverter(*arguments).convert()
    return Converter(*arguments).convert()


def _session(proto, **settings):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    for name, value in settings.items():
        setattr(options, name, value)
    return onnxruntime.InferenceSession(proto, options,
                                        providers=["CPUExecutionProvider"])


def _folded(source, work):
    import onnxruntime
    path = work / "folded.onnx"
    _session(str(source), optimized_model_filepath=str(path), graph_optimization_level=
             onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC)
    proto = onnx.load(path)
    path.unlink()
    return proto


def _shapes_and_ranges(proto, feeds):
    """Name -> shape, and name -> (least, greatest) value, zero included."""
    probe = onnx.ModelProto()
    probe.CopyFrom(proto)
    names = [name for node in proto.graph.node for name in node.output]
    del probe.graph.output[:]
    probe.graph.output.extend(onnx.helper.make_empty_tensor_value_info(n) for n in names)
    session = _session(probe.SerializeToString())
    inputs = [i.name for i in session.get_inputs()]
    shapes, ranges = {}, {}
    for feed in feeds:
        arrays = {name: feed[name] for name in inputs}
        arrays |= zip(names, session.run(None, dict(arrays)))
        for name, array in arrays.items():
            low, high = ranges.get(name, (0.0, 0.0))
            shapes[name] = array.shape
            ranges[name] = min(low, float(array.min())), max(high, float(array.max()))
    return shapes, ranges


class Converter:
    def __init__(self, proto, shapes, ranges):
        self.graph, self.shapes, self.ranges = proto.graph, shapes, ranges
        self.constants = {i.name: numpy_helper.to_array(i) for i in proto.graph.initializer}
        self.readers = {}
        for node in self.graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        self.model, self.network = schema.ModelT(), schema.SubGraphT()
        self.model.version, self.model.buffers = 3, [schema.BufferT()]
        self.model.operatorCodes, self.codes = [], {}
        self.network.tensors, self.network.operators = [], []
        self.tensors, self.done = {}, set()

    def convert(self):
        inputs = [i.name for i in self.graph.input if i.name not in self.constants]
        self.start(inputs)
        for node in self.graph.node:
            if id(node) not in self.done:
                method = getattr(self, f"_{node.op_type}", None)
                if method is None:
                    raise NotForModel(f"no LiteRT form of {node.op_type} is written here")
                attributes = {a.name: onnx.helper.get_attribute_value(a)
                              for a in node.attribute}
                method(node, attributes)
        self.end([o.name for o in self.graph.output])
        self.model.subgraphs = [self.network]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def start(self, inputs):
        """Makes the network's inputs, which are floats."""
        self._join_ranges()
        self.network.inputs = [self._float(name) for name in inputs]
        for name, outside in zip(inputs, self.network.inputs):
            self.operator(OPERATORS.QUANTIZE, [outside], [self.activation(name)])

    def end(self, outputs):
        self.network.outputs = [self._float(name) for name in outputs]
        for name, outside in zip(outputs, self.network.outputs):
            self.operator(OPERATORS.DEQUANTIZE, [self.activation(name)], [outside])

    def _join_ranges(self):
        """Values that only move have the range of their source, Concat's all the same."""
        for node in reversed(self.graph.node):
            if node.op_type in PASSING:
                names = [n for n in (*node.input, *node.output) if n in self.ranges]
                lows, highs = zip(*(self.ranges[name] for name in names))
                for name in names:
                    self.ranges[name] = min(lows), max(highs)
        for node in self.graph.node:
            if node.op_type in PASSING and node.op_type != "Concat":
                self.ranges[node.output[0]] = self.ranges[node.input[0]]

    # Tensors.

    def tensor(self, name, shape, kind, data=None, scales=None, zero=0, axis=0):
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name, list(shape), kind, 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            made.buffer = len(self.model.buffers) - 1
        if scales is not None:
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale = [float(scale) for scale in scales]
            made.quantization.zeroPoint = [int(zero)] * len(scales)
            made.quantization.quantizedDimension = axis
        self.network.tensors.append(made)
        return len(self.network.tensors) - 1

    def _inner_shape(self, name):
        shape = self.shapes[name]
        return [shape[k] for k in (0, 2, 3, 1)] if len(shape) == 4 else shape

    def _float(self, name):
        return self.tensor(f"{name}_float", self._inner_shape(name), FLOAT)

    def _scale(self, name):
        low, high = self.ranges[name]
        return max(high - low, 1e-6) / 255

    def activation(self, name):
        if name not in self.tensors:
            scale = self._scale(name)
            zero = round(-128 - self.ranges[name][0] / scale)
            self.tensors[name] = self.tensor(name, self._inner_shape(name), INT8,
                                             scales=[scale], zero=zero)
        return self.tensors[name]

    def operator(self, code, inputs, outputs, options=None):
        if code not in self.codes:
            entry = schema.OperatorCodeT()
            entry.builtinCode = code
            entry.version = 1 if code == OPERATORS.RESHAPE else 2
            entry.deprecatedBuiltinCode = min(code, 127)
            self.model.operatorCodes.append(entry)
            self.codes[code] = len(self.model.operatorCodes) - 1
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = self.codes[code], inputs, outputs
        if options is not None:
            kind = type(options).__name__.removesuffix("T")
            made.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            made.builtinOptions = options
        self.network.operators.append(made)

    # Operators.

    def _activated(self, node):
        """The value after a Relu or Clip that alone reads `node`'s, and its code."""
        name = node.output[0]
        readers = self.readers.get(name, [])
        kinds = schema.ActivationFunctionType
        if len(readers) == 1 and readers[0].op_type in ("Relu", "Clip"):
            self.done.add(id(readers[0]))
            name = readers[0].output[0]
            high = [float(self.constants[n]) for n in readers[0].input[2:3]]
            return name, kinds.RELU6 if high == [6.0] else kinds.RELU
        return name, kinds.NONE

    def _weights(self, name, array, axis):
        others = tuple(k for k in range(array.ndim) if k != axis)
        scales = np.maximum(np.abs(array).max(axis=others), 1e-9) / 127
        shape = [-1 if k == axis else 1 for k in range(array.ndim)]
        codes = np.rint(array / scales.reshape(shape)).astype(np.int8)
        return self.tensor(name, array.shape, INT8, codes, scales, axis=axis), scales

    def _bias(self, node, position, source, weight_scales):
        scales = self._scale(source) * weight_scales
        bias = np.zeros(len(scales))
        if len(node.input) > position:
            bias = self.constants[node.input[position]].reshape(-1)
        codes = np.rint(bias / scales).clip(-2**31, 2**31 - 1).astype(np.int32)
        return self.tensor(f"{node.output[0]}_bias", codes.shape, INT32, codes, scales)

    def _Conv(self, node, attributes):
        weight = self.constants[node.input[1]]
        channels = self.shapes[node.input[0]][1]
        depthwise = attributes.get("group", 1) == channels > 1
        if attributes.get("group", 1) not in (1, channels):
            raise NotForModel("no LiteRT form of grouped convolutions is written here")
        weight = weight.transpose((1, 2, 3, 0) if depthwise else (0, 2, 3, 1))
        source = node.input[0]
        filters, scales = self._weights(node.input[1], weight, 3 if depthwise else 0)
        bias = self._bias(node, 2, source, scales)
        name, activation = self._activated(node)
        code, options = self._convolution(
            node, attributes, weight.shape[3] // channels if depthwise else None)
        options.fusedActivationFunction = activation
        self.operator(code, [self.activation(source), filters, bias],
                      [self.activation(name)], options)

    def _convolution(self, node, attributes, multiplier):
        """Operator and options; `multiplier` is the depth's of a depthwise one, else None."""
        code, options = OPERATORS.CONV_2D, schema.Conv2DOptionsT()
        if multiplier is not None:
            code, options = OPERATORS.DEPTHWISE_CONV_2D, schema.DepthwiseConv2DOptionsT()
            options.depthMultiplier = multiplier
        self._window(options, node, attributes)
        options.dilationHFactor, options.dilationWFactor = attributes.get(
            "dilations", [1, 1])
        return code, options

    def _window(self, options, node, attributes):
        """Strides, and SAME padding where it gives the output's shape."""
        strides = attributes.get("strides", [1, 1])
        options.strideH, options.strideW = strides
        inside, outside = (self.shapes[n[0]][2:] for n in (node.input, node.output))
        same = [math.ceil(size / stride) for size, stride in zip(inside, strides)]
        if list(outside) == same:
            options.padding = schema.Padding.SAME
        elif any(attributes.get("pads", [])):
            raise NotForModel("LiteRT has no such padding")
        else:
            options.padding = schema.Padding.VALID

    def _MaxPool(self, node, attributes):
        options = schema.Pool2DOptionsT()
        options.filterHeight, options.filterWidth = attributes["kernel_shape"]
        self._window(options, node, attributes)
        self._unary(OPERATORS.MAX_POOL_2D, node, options)

    def _GlobalAveragePool(self, node, _attributes):
        options = schema.ReducerOptionsT()
        options.keepDims = True
        rows_and_columns = self.tensor(f"{node.output[0]}_axes", [2], INT32,
                                       np.array([1, 2], np.int32))
        self.operator(OPERATORS.MEAN, [self.activation(node.input[0]), rows_and_columns],
                      [self.activation(node.output[0])], options)

    def _unary(self, code, node, options=None):
        self.operator(code, [self.activation(node.input[0])],
                      [self.activation(node.output[0])], options)

    def _Relu(self, node, _attributes):
        self._unary(OPERATORS.RELU, node)

    def _Add(self, node, _attributes):
        name, activation = self._activated(node)
        options = schema.AddOptionsT()
        options.fusedActivationFunction = activation
        if any(n in self.constants for n in node.input):
            raise NotForModel("no LiteRT form of a sum with a constant is written here")
        self.operator(OPERATORS.ADD, [self.activation(n) for n in node.input],
                      [self.activation(name)], options)

    def _Reshape(self, node, _attributes):
        """Rows of a picture lie as NCHW only after a transpose."""
        source, shape = node.input[0], self.shapes[node.output[0]]
        if len(shape) == 4:
            raise NotForModel("no LiteRT form of Reshape into pictures is written here")
        inside = self.activation(source)
        dims = self.shapes[source]
        if len(dims) == 4 and math.prod(dims[2:]) > 1 < dims[1]:
            order = np.array([0, 3, 1, 2], np.int32)
            turned = self.tensor(f"{source}_nchw", dims, INT8, scales=[self._scale(source)],
                                 zero=self.network.tensors[inside].quantization.zeroPoint[0])
            self.operator(OPERATORS.TRANSPOSE, [
                inside, self.tensor(f"{source}_order", [4], INT32, order)], [turned],
                schema.TransposeOptionsT())
            inside = turned
        target = np.array(shape, np.int32)
        self.operator(OPERATORS.RESHAPE, [
            inside, self.tensor(f"{node.output[0]}_shape", target.shape, INT32, target)],
            [self.activation(node.output[0])], schema.ReshapeOptionsT())

    _Flatten = _Reshape

    def _Gemm(self, node, attributes):
        weight = self.constants.get(node.input[1])
        if weight is None:
            raise NotForModel("no LiteRT form of products of activations is written here")
        weight = weight if attributes.get("transB") else weight.T
        filters, scales = self._weights(node.input[1], weight, 0)
        bias = self._bias(node, 2, node.input[0], scales)
        name, activation = self._activated(node)
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = activation
        self.operator(OPERATORS.FULLY_CONNECTED, [
            self.activation(node.input[0]), filters, bias], [self.activation(name)],
            options)

    _MatMul = _Gemm
