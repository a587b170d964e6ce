"""ONNX Runtime in fp32, and in int8: static QDQ, dynamic, after its own optimizer."""
import contextlib

import numpy as np
import onnx

import macs
from peers import NotForModel, Peer, fix_shapes, prepared


class OrtFloat(Peer):
    runtime, quantizer = "onnxruntime", "onnxruntime.quantization"

    def __init__(self, path, sample, threads=1):
        import onnxruntime
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(path), settings,
                                               providers=["CPUExecutionProvider"])
        # Bound once, so that the loop times the model and not Python.
        self.binding = session.io_binding()
        for name in (i.name for i in session.get_inputs()):
            self.binding.bind_cpu_input(name, np.ascontiguousarray(sample[name]))
        for output in session.get_outputs():
            self.binding.bind_output(output.name)
        self.session = session

    def run(self):
        self.session.run_with_iobinding(self.binding)


class OrtInt8(OrtFloat):
    """Static QDQ: uint8 activations, int8 weights per channel, MinMax."""

    @staticmethod
    def file(model, work):
        return prepared(model, work / f"{model.name}_ort_int8.onnx",
                        lambda path: _static(fix_shapes(model, work), path,
                                             model.calibration()))


def _static(source, target, feeds):
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.feeds = iter(feeds)

        def get_next(self):
            return next(self.feeds, None)

    with _preprocessed(source, target) as source:
        def quantize(**extra):
            quantization.quantize_static(
                source, target, Reader(), quant_format=quantization.QuantFormat.QDQ,
                per_channel=True, weight_type=quantization.QuantType.QInt8,
                activation_type=quantization.QuantType.QUInt8,
                calibrate_method=quantization.CalibrationMethod.MinMax,
                extra_options=extra)

        try:
            quantize()
        except ValueError:  # its int32-bias adjustment fails on scalar scales
            quantize(QDQDisableWeightAdjustForInt32Bias=True)


@contextlib.contextmanager
def _preprocessed(source, target):
    from onnxruntime.quantization.shape_inference import quant_pre_process
    path = target.with_suffix(".prepared.onnx")
    onnx.save(_at_least_opset_13(onnx.load(source)), path)
    quant_pre_process(path, path, skip_symbolic_shape=True)
    yield path
    path.unlink()


def _at_least_opset_13(proto):
    """Per-channel QDQ exists from opset 13."""
    if max(o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")) >= 13:
        return proto
    constants = {i.name for i in proto.graph.initializer}
    inputs = [i for i in proto.graph.input if i.name not in constants]
    proto = onnx.version_converter.convert_version(proto, 13)
    del proto.graph.input[:]
    proto.graph.input.extend(inputs)
    proto.ir_version = max(proto.ir_version, 7)
    return proto


class OrtDynamic(OrtFloat):
    """Weights int8 per channel, activations quantized in every run."""

    @staticmethod
    def file(model, work):
        fixed = fix_shapes(model, work)
        counts = macs.count(fixed)
        if 2 * counts.get("Conv", 0) > sum(counts.values()):
            raise NotForModel("dynamic convolutions are slower than fp32 ones")

        def write(path):
            with _preprocessed(fixed, path) as source:
                _dynamic(source, path)

        return prepared(model, work / f"{model.name}_ort_dynamic.onnx", write)


def _dynamic(source, target):
    from onnxruntime import quantization
    quantization.quantize_dynamic(source, target, per_channel=True,
                                  weight_type=quantization.QuantType.QInt8)


class OrtOptimized(OrtFloat):
    """After ONNX Runtime's own optimizer of transformers, dynamic."""

    @staticmethod
    def file(model, work):
        fixed = fix_shapes(model, work)
        graph = onnx.load(fixed, load_external_data=False).graph
        if not {"Softmax", "LayerNormalization"} <= {n.op_type for n in graph.node}:
            raise NotForModel("no transformer")
        words = any(i.type.tensor_type.elem_type == onnx.TensorProto.INT64
                    for i in graph.input)

        def write(path):
            from onnxruntime.transformers import optimizer
            optimized = optimizer.optimize_model(
                str(fixed), model_type="bert" if words else "vit", opt_level=1)
            source = path.with_suffix(".optimized.onnx")
            optimized.save_model_to_file(str(source))
            _dynamic(source, path)
            source.unlink()

        return prepared(model, work / f"{model.name}_ort_optimized.onnx", write)
