"""What a user would run instead, on a number of threads: ONNX Runtime in fp32 and int8
(static QDQ, dynamic, after its transformer optimizer), OpenVINO in int8 (by NNCF),
LiteRT in int8. All are given the model with the shapes of its samples and the
calibration samples that quant-compile gets; what they quantize is kept in the folder
of artifacts until the model changes."""
import contextlib
import importlib.util
import logging
import os
import sys
import time

import numpy as np
import onnx

import macs


def installed_peers():
    """Name -> class, with a printed note for each peer that is missing."""
    peers = {"ort_fp32": OrtFloat, "ort_int8": OrtInt8, "ort_dynamic": OrtDynamic,
             "ort_optimized": OrtOptimized}
    if all(map(importlib.util.find_spec, ("openvino", "nncf"))):
        peers |= {"ov_int8": OpenVinoInt8, "ov_int8_default": OpenVinoInt8Default}
    else:
        print("OpenVINO: skipped, pip install -r test/benchmarks/requirements.txt")
    if importlib.util.find_spec("ai_edge_litert"):
        peers["litert_int8"] = LiteRtInt8
    else:
        print("LiteRT: skipped, pip install -r test/benchmarks/requirements.txt")
    return peers


class NotForModel(Exception):
    """Why a peer is not worth timing on a model, or cannot be made for it."""


def fix_shapes(model, work):
    """Writes `model` with the shapes that its artifact has, no free dimension."""
    def write(path):
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
        onnx.save(onnx.shape_inference.infer_shapes(proto, data_prop=True), path)

    return _prepared(model, work / f"{model.name}_fixed.onnx", write)


def _prepared(model, path, write):
    """`path`, after write(path) where it is missing or older than the model's file."""
    if not path.exists() or path.stat().st_mtime < model.path.stat().st_mtime:
        unfinished = path.with_stem(path.stem + "_unfinished")
        write(unfinished)
        # OpenVINO's weights are in a file beside the network's.
        for suffix in (".bin", path.suffix):
            if unfinished.with_suffix(suffix).exists():
                unfinished.with_suffix(suffix).replace(path.with_suffix(suffix))
    return path


@contextlib.contextmanager
def silence():
    """Keeps what quantizers and runtimes say, from any language, off the table."""
    sys.stdout.flush(), sys.stderr.flush()
    kept = [(stream, os.dup(stream)) for stream in (1, 2)]
    with open(os.devnull, "w") as sink:
        for stream, _ in kept:
            os.dup2(sink.fileno(), stream)
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        sys.stdout.flush(), sys.stderr.flush()
        for stream, copy in kept:
            os.dup2(copy, stream)
            os.close(copy)


class Peer:
    """A runtime that has opened `path` and runs one sample again and again."""

    runtime = quantizer = None  # modules

    def __init__(self, path, sample, threads=1):
        raise NotImplementedError

    @classmethod
    def of(cls, model, work, threads=1):
        return cls(cls.file(model, work), model.sample(), threads)

    @staticmethod
    def file(model, work):
        """What the runtime opens, made in the folder `work` where it is missing."""
        return fix_shapes(model, work)


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
        return _prepared(model, work / f"{model.name}_ort_int8.onnx",
                         lambda path: _ort_static(fix_shapes(model, work), path,
                                                  model.calibration()))


def _ort_static(source, target, feeds):
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.feeds = iter(feeds)

        def get_next(self):
            return next(self.feeds, None)

    with _ort_preprocessed(source, target) as prepared:
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


@contextlib.contextmanager
def _ort_preprocessed(source, target):
    from onnxruntime.quantization.shape_inference import quant_pre_process
    prepared = target.with_suffix(".prepared.onnx")
    onnx.save(_at_least_opset_13(onnx.load(source)), prepared)
    quant_pre_process(prepared, prepared, skip_symbolic_shape=True)
    yield prepared
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


class OrtDynamic(OrtFloat):
    """Weights int8 per channel, activations quantized in every run."""

    @staticmethod
    def file(model, work):
        fixed = fix_shapes(model, work)
        counts = macs.count(fixed)
        if 2 * counts.get("Conv", 0) > sum(counts.values()):
            raise NotForModel("dynamic convolutions are slower than fp32 ones")

        def write(path):
            with _ort_preprocessed(fixed, path) as prepared:
                _ort_dynamic(prepared, path)

        return _prepared(model, work / f"{model.name}_ort_dynamic.onnx", write)


def _ort_dynamic(source, target):
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
            _ort_dynamic(source, path)
            source.unlink()

        return _prepared(model, work / f"{model.name}_ort_optimized.onnx", write)


class OpenVinoInt8(Peer):
    """Quantized by NNCF; what stays in floating point is fp32."""

    runtime, quantizer = "openvino", "nncf"
    settings = {"INFERENCE_PRECISION_HINT": "f32"}

    def __init__(self, path, sample, threads=1):
        import openvino
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(path), "CPU", {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY", **self.settings})
        self.request = compiled.create_infer_request()
        for port in compiled.inputs:
            self.request.set_tensor(port, openvino.Tensor(
                np.ascontiguousarray(sample[port.any_name])))

    @staticmethod
    def file(model, work):
        return _prepared(model, work / f"{model.name}_ov_int8.xml",
                         lambda path: _nncf(fix_shapes(model, work), path,
                                            model.calibration()))

    def run(self):
        self.request.infer()


class OpenVinoInt8Default(OpenVinoInt8):
    """The rest in what the plugin chooses: bf16 where the processor has it."""

    settings = {}


def _nncf(source, target, feeds):
    import nncf
    import openvino
    from openvino.passes import ConstantFolding, Manager
    nncf.set_log_level(logging.ERROR)
    network = openvino.Core().read_model(source)
    folding = Manager()  # NNCF fails on weights that a Reshape makes
    folding.register_pass(ConstantFolding())
    folding.run_passes(network)
    names = {name for port in network.inputs for name in port.names}
    feeds = [{k: v for k, v in f.items() if k in names} for f in feeds]
    transformer = any(op.get_type_name() == "Softmax"
                      and len(op.get_output_partial_shape(0)) > 2
                      for op in network.get_ops())
    settings = {"model_type": nncf.ModelType.TRANSFORMER} if transformer else {}
    quantized = nncf.quantize(network, nncf.Dataset(feeds), subset_size=len(feeds),
                              **settings)
    openvino.save_model(quantized, target, compress_to_fp16=False)


class LiteRtInt8(Peer):
    """Convolutions and dense layers, as litert.py writes them."""

    runtime, quantizer = "ai_edge_litert.interpreter", "litert"

    def __init__(self, path, sample, threads=1):
        from ai_edge_litert.interpreter import Interpreter
        self.interpreter = Interpreter(str(path), num_threads=threads)
        self.interpreter.allocate_tensors()
        for tensor in self.interpreter.get_input_details():
            array = sample[tensor["name"].removesuffix("_float")]
            if array.ndim == 4:
                array = array.transpose(0, 2, 3, 1)
            self.interpreter.set_tensor(tensor["index"], np.ascontiguousarray(array))

    @staticmethod
    def file(model, work):
        import litert

        def write(path):
            fixed = fix_shapes(model, work)
            path.write_bytes(litert.convert(fixed, model.calibration()[:4], work))

        return _prepared(model, work / f"{model.name}_litert_int8.tflite", write)

    def run(self):
        self.interpreter.invoke()


def latencies_ms(peer, seconds):
    """The best and the median latency over `seconds`, and at least three runs."""
    peer.run()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        peer.run()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3, float(np.median(times)) * 1e3
