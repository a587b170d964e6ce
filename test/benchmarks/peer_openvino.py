"""OpenVINO in int8."""
import logging

import numpy as np

from peers import Peer, fix_shapes, prepared


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
        return prepared(model, work / f"{model.name}_ov_int8.xml",
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
