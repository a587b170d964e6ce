"""What a user would run instead, each on one thread: ONNX Runtime in fp32 and
int8 (static QDQ), OpenVINO in int8 (by NNCF). All are given the model with batch 1
and the calibration samples that quant-compile gets."""
import contextlib
import importlib.util
import logging
import os
import time

import numpy as np
import onnx


def installed_peers():
    """Name -> class, with a printed note for each peer that is missing."""
    peers = {"ort_fp32": OrtFloat, "ort_int8": OrtInt8}
    if all(map(importlib.util.find_spec, ("openvino", "nncf"))):
        peers["ov_int8"] = OpenVinoInt8
    else:
        print("OpenVINO: skipped, pip install -r test/benchmarks/requirements.txt")
    return peers


def fix_shapes(model, path):
    """Writes `model` with the shapes that its artifact has: batch 1, no free dimension."""
    proto = onnx.load(model.path)
    sample = model.sample()
    for tensor in proto.graph.input:
        if tensor.name in sample:
            for dim, size in zip(tensor.type.tensor_type.shape.dim,
                                 sample[tensor.name].shape):
                dim.dim_value = size
    del proto.graph.value_info[:]
    for tensor in proto.graph.output:
        tensor.type.tensor_type.ClearField("shape")
    onnx.save(onnx.shape_inference.infer_shapes(proto), path)
    return path


@contextlib.contextmanager
def silence():
    """Keeps the quantizers' progress bars and warnings off the table."""
    with open(os.devnull, "w") as sink, contextlib.redirect_stdout(sink), \
            contextlib.redirect_stderr(sink):
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


class OrtFloat:
    def __init__(self, model, work):
        self._open(fix_shapes(model, work / f"{model.name}_batch1.onnx"), model)

    def _open(self, path, model):
        import onnxruntime
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        session = onnxruntime.InferenceSession(path, settings,
                                               providers=["CPUExecutionProvider"])
        self.names = [i.name for i in session.get_inputs()]
        sample = model.sample()
        # Bound once, so that the loop times the model and not Python.
        self.binding = session.io_binding()
        for name in self.names:
            self.binding.bind_cpu_input(name, np.ascontiguousarray(sample[name]))
        for output in session.get_outputs():
            self.binding.bind_output(output.name)
        self.session = session

    def run(self):
        self.session.run_with_iobinding(self.binding)


class OrtInt8(OrtFloat):
    """Static QDQ: uint8 activations, int8 weights per channel, MinMax."""

    def __init__(self, model, work):
        path = work / f"{model.name}_ort_int8.onnx"
        fixed = fix_shapes(model, work / f"{model.name}_batch1.onnx")
        _ort_quantize(fixed, path, model.calibration())
        self._open(path, model)


def _ort_quantize(source, target, feeds):
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.feeds = iter(feeds)

        def get_next(self):
            return next(self.feeds, None)

    prepared = target.with_suffix(".prepared.onnx")
    onnx.save(_at_least_opset_13(onnx.load(source)), prepared)
    quant_pre_process(prepared, prepared, skip_symbolic_shape=True)

    def quantize(**extra):
        quantization.quantize_static(
            prepared, target, Reader(), quant_format=quantization.QuantFormat.QDQ,
            per_channel=True, weight_type=quantization.QuantType.QInt8,
            activation_type=quantization.QuantType.QUInt8,
            calibrate_method=quantization.CalibrationMethod.MinMax,
            extra_options=extra)

    try:
        quantize()
    except ValueError:  # its int32-bias adjustment fails on scalar scales
        quantize(QDQDisableWeightAdjustForInt32Bias=True)
    prepared.unlink()


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


class OpenVinoInt8:
    def __init__(self, model, work):
        import nncf
        import openvino
        from openvino.passes import ConstantFolding, Manager
        nncf.set_log_level(logging.ERROR)
        fixed = fix_shapes(model, work / f"{model.name}_batch1.onnx")
        core = openvino.Core()
        network = core.read_model(fixed)
        folding = Manager()  # NNCF fails on weights that a Reshape makes
        folding.register_pass(ConstantFolding())
        folding.run_passes(network)
        names = {name for port in network.inputs for name in port.names}
        feeds = [{k: v for k, v in f.items() if k in names} for f in model.calibration()]
        transformer = any(op.get_type_name() == "Softmax" for op in network.get_ops())
        settings = {"model_type": nncf.ModelType.TRANSFORMER} if transformer else {}
        quantized = nncf.quantize(network, nncf.Dataset(feeds), subset_size=len(feeds),
                                  **settings)
        compiled = core.compile_model(quantized, "CPU", {
            "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})
        self.request = compiled.create_infer_request()
        sample = model.sample()
        for port in compiled.inputs:
            self.request.set_tensor(port, openvino.Tensor(
                np.ascontiguousarray(sample[port.any_name])))

    def run(self):
        self.request.infer()


def median_ms(peer, seconds):
    """The median latency over `seconds`, and at least three runs."""
    peer.run()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        peer.run()
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e3
