"""Writes transformers as LiteRT's dynamic form, the one that its users take for them:
int8 weights of dense layers with a scale for each output channel, rows quantized as they
are read, the rest in fp32. Tensors lie as ONNX has them."""
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from litert import FLOAT, INT32, OPERATORS, Converter
from peers import NotForModel


class DynamicConverter(Converter):
    def start(self, inputs):
        self.network.inputs = []
        for name in inputs:
            words = name in self.words()
            self.tensors[name] = self.tensor(f"{name}_float", self.shapes[name],
                                             INT32 if words else FLOAT)
            self.network.inputs.append(self.tensors[name])

    def end(self, outputs):
        self.network.outputs = [self.activation(name) for name in outputs]

    def words(self):
        """Inputs of integers."""
        return {i.name for i in self.graph.input if i.type.tensor_type.elem_type == 7}

    def activation(self, name):
        if name not in self.tensors:
            if name in self.constants:
                self.tensors[name] = self.values(name, self.constants[name])
            else:
                self.tensors[name] = self.tensor(name, self.shapes[name], FLOAT)
        return self.tensors[name]

    def values(self, name, array):
        integers = np.asarray(array).dtype.kind == "i"
        array = np.asarray(array, np.int32 if integers else np.float32)
        return self.tensor(name, array.shape, INT32 if integers else FLOAT, array)

    def made(self, name, code, inputs, options=None, shape=None):
        """The tensor `name` that an operator makes."""
        if shape is None:
            result = self.activation(name)
        else:
            result = self.tensor(name, shape, FLOAT)
        self.operator(code, inputs, [result], options)
        return result

    def of_inputs(self, node, code, options=None):
        self.made(node.output[0], code, [self.activation(n) for n in node.input], options)

    def reduced(self, name, code, source, axes, keep, shape=None):
        options = schema.ReducerOptionsT()
        options.keepDims = bool(keep)
        return self.made(name, code, [source, self.values(f"{name}_axes", axes)], options,
                         shape)

    def reshaped(self, node, _attributes):
        shape = np.array(self.shapes[node.output[0]], np.int32)
        kind = self.network.tensors[self.activation(node.input[0])].type
        self.tensors[node.output[0]] = self.tensor(node.output[0], shape, kind)
        self.made(node.output[0], OPERATORS.RESHAPE, [
            self.activation(node.input[0]), self.values(f"{node.output[0]}_shape", shape)],
            schema.ReshapeOptionsT())

    _Reshape = _Unsqueeze = _Squeeze = _Flatten = reshaped

    def transposed(self, name, source, order, shape=None):
        return self.made(name, OPERATORS.TRANSPOSE, [
            source, self.values(f"{name}_order", np.array(order, np.int32))],
            schema.TransposeOptionsT(), shape)

    def _Transpose(self, node, attributes):
        self.transposed(node.output[0], self.activation(node.input[0]), attributes["perm"])

    def _Cast(self, node, attributes):
        if attributes["to"] != 1:
            raise NotForModel("no LiteRT form of Cast to integers is written here")
        self.of_inputs(node, OPERATORS.CAST, schema.CastOptionsT())

    def _Gather(self, node, attributes):
        options = schema.GatherOptionsT()
        options.axis = attributes.get("axis", 0)
        self.of_inputs(node, OPERATORS.GATHER, options)

    def _Concat(self, node, attributes):
        options = schema.ConcatenationOptionsT()
        options.axis = attributes["axis"]
        self.of_inputs(node, OPERATORS.CONCATENATION, options)

    def _Split(self, node, attributes):
        axis = attributes.get("axis", 0)
        if len({self.shapes[name][axis] for name in node.output}) > 1:
            raise NotForModel("no LiteRT form of uneven parts is written here")
        options = schema.SplitOptionsT()
        options.numSplits = len(node.output)
        self.operator(OPERATORS.SPLIT, [
            self.values(f"{node.output[0]}_axis", np.int64(axis)),
            self.activation(node.input[0])], [self.activation(n) for n in node.output],
            options)

    def _Sigmoid(self, node, _attributes):
        self.of_inputs(node, OPERATORS.LOGISTIC)

    def _ReduceMean(self, node, attributes):
        axes = (self.constants[node.input[1]] if len(node.input) > 1
                else np.array(attributes["axes"]))
        self.reduced(node.output[0], OPERATORS.MEAN, self.activation(node.input[0]), axes,
                     attributes.get("keepdims", 1))

    def _Softmax(self, node, _attributes):
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        self.of_inputs(node, OPERATORS.SOFTMAX, options)

    def _Add(self, node, _attributes):
        self.of_inputs(node, OPERATORS.ADD, schema.AddOptionsT())

    def _Sub(self, node, _attributes):
        self.of_inputs(node, OPERATORS.SUB, schema.SubOptionsT())

    def _Mul(self, node, _attributes):
        if not self.is_gelu(node):
            self.of_inputs(node, OPERATORS.MUL, schema.MulOptionsT())

    def _Div(self, node, _attributes):
        if not self.is_gelu(node):
            self.of_inputs(node, OPERATORS.DIV, schema.DivOptionsT())

    def is_gelu(self, node):
        """Writes x / sqrt(2), erf, + 1, times x, / 2 as one operator."""
        chain = [node]
        for kind in ("Erf", "Add", "Mul", "Mul"):
            readers = self.readers.get(chain[-1].output[0], [])
            if len(readers) != 1 or readers[0].op_type != kind:
                return False
            chain.append(readers[0])
        self.done.update(id(link) for link in chain)
        self.made(chain[-1].output[0], OPERATORS.GELU, [self.activation(node.input[0])],
                  schema.GeluOptionsT())
        return True

    def _Gelu(self, node, _attributes):
        self.of_inputs(node, OPERATORS.GELU, schema.GeluOptionsT())

    def _Clip(self, node, _attributes):
        if len(node.input) > 2 and node.input[2]:
            raise NotForModel("no LiteRT form of Clip from above is written here")
        self.of_inputs(node, OPERATORS.MAXIMUM, schema.MaximumMinimumOptionsT())

    def _ReduceSum(self, node, attributes):
        self.reduced(node.output[0], OPERATORS.SUM, self.activation(node.input[0]),
                     self.constants[node.input[1]], attributes.get("keepdims", 1))

    def _ReduceL2(self, node, attributes):
        name, x = node.output[0], self.activation(node.input[0])
        square = self.made(f"{name}_square", OPERATORS.MUL, [x, x], schema.MulOptionsT(),
                           self.shapes[node.input[0]])
        total = self.reduced(f"{name}_total", OPERATORS.SUM, square,
                             np.array(attributes["axes"]), attributes.get("keepdims", 1),
                             self.shapes[name])
        self.made(name, OPERATORS.SQRT, [total])

    def _LayerNormalization(self, node, attributes):
        name, x = node.output[0], self.activation(node.input[0])
        shape, last = list(self.shapes[name]), np.array([-1])
        rows = [*shape[:-1], 1]
        mean = self.reduced(f"{name}_mean", OPERATORS.MEAN, x, last, True, rows)
        centred = self.made(f"{name}_centred", OPERATORS.SUB, [x, mean],
                            schema.SubOptionsT(), shape)
        square = self.made(f"{name}_square", OPERATORS.MUL, [centred, centred],
                           schema.MulOptionsT(), shape)
        variance = self.reduced(f"{name}_variance", OPERATORS.MEAN, square, last, True,
                                rows)
        epsilon = self.values(f"{name}_epsilon", np.float32(attributes["epsilon"]))
        shifted = self.made(f"{name}_shifted", OPERATORS.ADD, [variance, epsilon],
                            schema.AddOptionsT(), rows)
        inverse = self.made(f"{name}_inverse", OPERATORS.RSQRT, [shifted], None, rows)
        normal = self.made(f"{name}_normal", OPERATORS.MUL, [centred, inverse],
                           schema.MulOptionsT(), shape)
        weight, bias = (self.activation(n) for n in node.input[1:])
        scaled = self.made(f"{name}_scaled", OPERATORS.MUL, [normal, weight],
                           schema.MulOptionsT(), shape)
        self.made(name, OPERATORS.ADD, [scaled, bias], schema.AddOptionsT())

    def dense(self, name, source, weight, bias):
        filters, _ = self._weights(f"{name}_weight", weight, 0)
        options = schema.FullyConnectedOptionsT()
        options.keepNumDims = True
        self.made(name, OPERATORS.FULLY_CONNECTED, [
            self.activation(source), filters, -1 if bias is None else
            self.values(f"{name}_bias", bias)], options)

    def _MatMul(self, node, _attributes):
        if node.input[1] not in self.constants:
            self.of_inputs(node, OPERATORS.BATCH_MATMUL, schema.BatchMatMulOptionsT())
            return
        name, bias = node.output[0], None
        readers = self.readers.get(name, [])
        if len(readers) == 1 and readers[0].op_type == "Add":
            other = [self.constants[n] for n in readers[0].input if n in self.constants]
            if other and other[0].ndim == 1:
                bias, name = other[0], readers[0].output[0]
                self.done.add(id(readers[0]))
        self.dense(name, node.input[0], self.constants[node.input[1]].T, bias)

    def _Gemm(self, node, attributes):
        weight = self.constants[node.input[1]]
        self.dense(node.output[0], node.input[0],
                   weight if attributes.get("transB") else weight.T,
                   self.constants[node.input[2]])

    def _Conv(self, node, attributes):
        """In fp32, for it is a small part of these models."""
        name, (n, c, h, w) = node.output[0], self.shapes[node.input[0]]
        depthwise = attributes.get("group", 1) == c > 1
        if not depthwise and attributes.get("group", 1) != 1:
            raise NotForModel("no LiteRT form of such a Conv is written here")
        source = self.transposed(f"{name}_nhwc", self.activation(node.input[0]),
                                 [0, 2, 3, 1], (n, h, w, c))
        weight = self.constants[node.input[1]].transpose(
            (1, 2, 3, 0) if depthwise else (0, 2, 3, 1))
        code, options = self._convolution(
            node, attributes, weight.shape[3] // c if depthwise else None)
        n, c, h, w = self.shapes[name]
        bias = self.constants[node.input[2]] if len(node.input) > 2 else np.zeros(c)
        product = self.made(f"{name}_product", code, [
            source, self.values(f"{name}_weight", weight),
            self.values(f"{name}_bias", bias)], options, (n, h, w, c))
        self.transposed(name, product, [0, 3, 1, 2])
