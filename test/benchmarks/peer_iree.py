"""IREE, compiled for this processor from ONNX Runtime's static QDQ form."""
import pathlib
import subprocess
import sys

import numpy as np

from peer_onnxruntime import OrtInt8
from peers import Peer, prepared

FLAGS = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu",
         "--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3",
         "--iree-llvmcpu-stack-allocation-limit=65536"]


class IreeInt8(Peer):
    runtime, quantizer = "iree.runtime", "onnxruntime.quantization"

    def __init__(self, path, sample, threads=1):
        import iree.runtime as iree
        if threads > 1:
            iree.flags.parse_flags(f"--task_topology_group_count={threads}")
        config = iree.Config("local-sync" if threads == 1 else "local-task")
        module = iree.VmModule.mmap(config.vm_instance, str(path))
        context = iree.SystemContext(config=config)
        context.add_vm_module(module)
        name = next(name for name in module.function_names
                    if not name.startswith("__") and not name.endswith("$async"))
        self.function = context.modules[module.name][name]
        self.inputs = [iree.asdevicearray(config.device, np.ascontiguousarray(array))
                       for array in sample.values()]

    @staticmethod
    def file(model, work):
        def write(path):
            tools, text = pathlib.Path(sys.executable).parent, path.with_suffix(".mlir")
            for command in (
                    [tools / "iree-import-onnx", OrtInt8.file(model, work), "-o", text],
                    [tools / "iree-compile", text, "-o", path, *FLAGS]):
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode:
                    raise RuntimeError(done.stderr[:200])
            text.unlink()

        return prepared(model, work / f"{model.name}_iree_int8.vmfb", write)

    def run(self):
        results = self.function(*self.inputs)
        for result in results if isinstance(results, (tuple, list)) else [results]:
            result.to_host()
