"""LiteRT in int8."""
import numpy as np

import litert
from peers import Peer, fix_shapes, prepared


class LiteRtInt8(Peer):
    """Files as litert.py writes them: transformers have float activations."""

    runtime, quantizer = "ai_edge_litert.interpreter", "litert"

    def __init__(self, path, sample, threads=1):
        from ai_edge_litert.interpreter import Interpreter
        self.interpreter = Interpreter(str(path), num_threads=threads)
        self.interpreter.allocate_tensors()
        for tensor in self.interpreter.get_input_details():
            array = sample[tensor["name"].removesuffix("_float")]
            if array.shape != tuple(tensor["shape"]):
                array = array.transpose(0, 2, 3, 1)
            self.interpreter.set_tensor(
                tensor["index"], np.ascontiguousarray(array, tensor["dtype"]))

    @staticmethod
    def file(model, work):
        def write(path):
            fixed = fix_shapes(model, work)
            path.write_bytes(litert.convert(fixed, model.calibration()[:4], work))

        return prepared(model, work / f"{model.name}_litert_int8.tflite", write)

    def run(self):
        self.interpreter.invoke()
