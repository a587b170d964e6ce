"""Code for every processor, at every level and number of threads, computes the
interpreter's bytes. test/benchmarks/exactness.py does the same for real models."""
import numpy as np
import pytest
import small_models
from artifact import FLOAT_SCHEMES
from exactness import differences, lacking

TARGETS = {  # processor and level
    "vnni": ("cascadelake", 2),
    "vnni_O0": ("cascadelake", 0),
    "bf16": ("cooperlake", 2),
    "avx512": ("skylake-avx512", 2),
    "avxvnni": ("alderlake", 2),
    "avx2": ("haswell", 2),
    "sse4": ("nehalem", 2),
    "portable": ("x86-64", 3),
}


SCHEMES = {
    "none": ["--quantize=none"],
    "w8a8": ["--quantize=w8a8", "--never-slower=no"],  # the same codes for every target
    "integer": ["--quantize=w8a8", "--integer-only"],
    "w8a16": ["--quantize=w8a16"],
    "bf16": ["--quantize=bf16"],
    "fp16": ["--quantize=fp16"],
    "published": ["--quantize=w8a8", "--integer-only", "--softmax=ibert", "--gelu=ibert",
                  "--norm=ibert"],
}
CASES = [(name, scheme) for name in small_models.ALL for scheme in SCHEMES
         if (scheme != "published" or name in ("rows", "functions"))
         and (scheme not in ("w8a16", "bf16", "fp16")
              or name in ("convolutions", "products"))]


class Case:
    """A model, its numbers by the interpreter, and what compiling it takes."""

    def __init__(self, name, scheme, folder, quant_compile, quant_opt):
        graph = small_models.ALL[name]()
        self.model, self.folder = folder / f"{name}.onnx", folder
        graph.save(self.model)
        self.input = folder / "in.npz"
        samples = graph.samples(2, seed=1)
        if name == "functions":
            samples = small_models.with_special(samples, ["x", "y"])
        np.savez(self.input, **samples)
        self.flags = SCHEMES[scheme]
        module, output = folder / "quantized.mlir", folder / "expected.npz"
        calibration = []
        if scheme not in FLOAT_SCHEMES:
            np.savez(folder / "calib.npz", **graph.samples(4, seed=2))
            calibration = [f"--calib={folder / 'calib.npz'}",
                           f"--calib-stats-out={folder / 'statistics'}"]
        quant_compile(self.model, *self.flags, *calibration, "--compile-to=quantize",
                      "-o", module)
        if calibration:
            self.flags = self.flags + [f"--calib-stats-in={folder / 'statistics'}"]
        quant_opt(module, "-o", folder / "unused.mlir",
                  f"--quantir-interpret=input={self.input} output={output}")
        self.expected = dict(np.load(output))


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request, tmp_path_factory, quant_compile, quant_opt):
    return Case(*request.param, tmp_path_factory.mktemp("exact"), quant_compile,
                quant_opt)


@pytest.mark.parametrize("target", TARGETS)
def test_artifact_computes_what_the_interpreter_computes(case, target, quant_compile,
                                                         quant_run):
    processor, level = TARGETS[target]
    if processor == "cooperlake" and "--quantize=bf16" not in case.flags:
        pytest.skip("the same as cascadelake")
    if missing := lacking(processor):
        pytest.skip(f"this machine lacks {missing}")
    library = case.folder / f"{target}.so"
    quant_compile(case.model, *case.flags, f"--mcpu={processor}", f"-O{level}", "-o",
                  library)
    for threads in (1, 2):
        out = case.folder / f"{target}.npz"
        quant_run(library, f"--input={case.input}", f"--output={out}",
                  f"--num_threads={threads}")
        assert differences(case.expected, dict(np.load(out))) == []
