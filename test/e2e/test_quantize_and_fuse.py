"""Exact passes change no bit of what a model means; quantization changes it little."""
import os
import pathlib
import re
import subprocess

import numpy
import pytest

QUANT_OPT = pathlib.Path(os.environ["QUANTIR_BUILD_DIR"], "bin", "quant-opt")
RANDOM = numpy.random.default_rng(3)


def constant(name, shape, scale=1.0):
    data = (RANDOM.standard_normal(shape) * scale).astype(numpy.float32)
    dims = "x".join(map(str, shape)) + "xf32"
    hexadecimal = data.tobytes().hex().upper()
    return f'  %{name} = quantir.constant dense<"0x{hexadecimal}"> : tensor<{dims}> -> tensor<{dims}>\n'


# A convolution with pooling and a residual path, and an attention over its pixels.
MODEL = """
func.func @main(%x: tensor<1x3x8x8xf32> {quantir.name = "x"} loc("x")) -> (tensor<1x16x8xf32> {quantir.name = "y"}) {
""" + constant("w1", (8, 3, 3, 3), 0.3) + constant("b1", (8,)) + constant("w2", (8, 1, 1, 8), 0.4) + \
    constant("wq", (8, 8), 0.5) + constant("wk", (8, 8), 0.5) + constant("wv", (8, 8), 0.5) + constant("bq", (8,)) + \
    constant("wc", (16, 8), 0.3) + """
  %scale = quantir.constant dense<0.35> : tensor<f32> -> tensor<f32>
  %0 = quantir.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x3x8x8xf32> -> tensor<1x8x8x3xf32> loc("pixels")
  %1 = quantir.conv %0, %w1 bias %b1 {pads = array<i64: 1, 1, 1, 1>} : tensor<1x8x8x3xf32>, tensor<8x3x3x3xf32>, tensor<8xf32> -> tensor<1x8x8x8xf32> loc("conv1")
  %2 = quantir.relu %1 : tensor<1x8x8x8xf32> -> tensor<1x8x8x8xf32> loc("relu1")
  %3 = quantir.max_pool %2 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : tensor<1x8x8x8xf32> -> tensor<1x4x4x8xf32> loc("pool")
  %4 = quantir.conv %3, %w2 : tensor<1x4x4x8xf32>, tensor<8x1x1x8xf32> -> tensor<1x4x4x8xf32> loc("conv2")
  %5 = quantir.add %4, %3 : tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32> -> tensor<1x4x4x8xf32> loc("residual")
  %6 = quantir.reshape %5 : tensor<1x4x4x8xf32> -> tensor<1x16x8xf32> loc("tokens")
  %q = quantir.matmul %6, %wq bias %bq : tensor<1x16x8xf32>, tensor<8x8xf32>, tensor<8xf32> -> tensor<1x16x8xf32> loc("q")
  %k = quantir.matmul %6, %wk : tensor<1x16x8xf32>, tensor<8x8xf32> -> tensor<1x16x8xf32> loc("k")
  %v = quantir.matmul %6, %wv : tensor<1x16x8xf32>, tensor<8x8xf32> -> tensor<1x16x8xf32> loc("v")
  %kt = quantir.transpose %k {permutation = array<i64: 0, 2, 1>} : tensor<1x16x8xf32> -> tensor<1x8x16xf32> loc("kt")
  %s = quantir.matmul %q, %kt : tensor<1x16x8xf32>, tensor<1x8x16xf32> -> tensor<1x16x16xf32> loc("scores")
  %t = quantir.mul %s, %scale : tensor<1x16x16xf32>, tensor<f32> -> tensor<1x16x16xf32> loc("scaled")
  %p = quantir.softmax %t : tensor<1x16x16xf32> -> tensor<1x16x16xf32> loc("softmax")
  %a = quantir.matmul %p, %v : tensor<1x16x16xf32>, tensor<1x16x8xf32> -> tensor<1x16x8xf32> loc("attended")
  %c = quantir.concat %a, %6 {axis = 2 : i64} : tensor<1x16x8xf32>, tensor<1x16x8xf32> -> tensor<1x16x16xf32> loc("both")
  %y = quantir.matmul %c, %wc : tensor<1x16x16xf32>, tensor<16x8xf32> -> tensor<1x16x8xf32> loc("mix")
  %z = quantir.gelu %y : tensor<1x16x8xf32> -> tensor<1x16x8xf32> loc("gelu")
  return %z : tensor<1x16x8xf32>
}
"""


def opt(text, *flags):
    done = subprocess.run([QUANT_OPT, "-mlir-print-debuginfo", *flags], input=text, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_ranges(text):
    """The model with the ranges of what it observes, wide enough for normal samples."""
    names = re.search(r"quantir.observed = \[(.*?)\]", opt(text, "-quantir-insert-observers")).group(1)
    width = {"softmax": (0, 1), "pixels": (-4, 4), "pool": (0, 8)}
    ranges = ", ".join(f"{name} = array<f64: {low}.0, {high}.0>"
                       for name in names.split(", ")
                       for low, high in [width.get(name.strip('"').split(":")[0], (-16, 16))])
    return f"module attributes {{quantir.ranges = {{{ranges}}}}} {{ {text} }}"


@pytest.fixture(scope="module")
def model():
    return with_ranges(MODEL)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    path = tmp_path_factory.mktemp("samples") / "x.npz"
    numpy.savez(path, x=numpy.random.default_rng(5).standard_normal((8, 3, 8, 8)).astype(numpy.float32))
    return path


def meaning(text, samples, *flags):
    result = samples.with_name("y.npz")
    opt(text, *flags, f"-quantir-interpret=input={samples} output={result}")
    return numpy.load(result)["y"]


def test_moving_quantize_changes_no_bit(model, samples):
    quantized = opt(model, "-quantir-quantize")
    before = meaning(quantized, samples)
    assert meaning(quantized, samples, "-quantir-propagate-scales").tobytes() == before.tobytes()


@pytest.mark.parametrize("stage", ["float", "quantized"])
def test_fusing_changes_no_bit(model, samples, stage):
    text = opt(model, "-quantir-quantize-pipeline") if stage == "quantized" else model
    before = meaning(text, samples)
    fused = opt(text, "-quantir-fuse-pipeline")
    assert "quantir.kernel" in fused
    assert meaning(fused, samples).tobytes() == before.tobytes()


# A projection for queries, keys and values at once, and a convolution whose channels go two ways.
SLICED = """
func.func @main(%x: tensor<1x3x8x8xf32> {quantir.name = "x"} loc("x")) -> (tensor<64x16xf32> {quantir.name = "y"}) {
""" + constant("w1", (48, 3, 3, 3), 0.3) + constant("b1", (48,)) + constant("w2", (16, 96), 0.4) + constant("b2", (96,)) + \
    constant("v2", (96,)) + """
  %0 = quantir.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x3x8x8xf32> -> tensor<1x8x8x3xf32> loc("pixels")
  %1 = quantir.conv %0, %w1 bias %b1 {pads = array<i64: 1, 1, 1, 1>} : tensor<1x8x8x3xf32>, tensor<48x3x3x3xf32>, tensor<48xf32> -> tensor<1x8x8x48xf32> loc("conv")
  %2 = quantir.relu %1 : tensor<1x8x8x48xf32> -> tensor<1x8x8x48xf32> loc("relu")
  %3 = quantir.slice %2 {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 8, 8, 16>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x8x8x48xf32> -> tensor<1x8x8x16xf32> loc("left")
  %4 = quantir.slice %2 {offsets = array<i64: 0, 0, 0, 32>, sizes = array<i64: 1, 8, 8, 16>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x8x8x48xf32> -> tensor<1x8x8x16xf32> loc("right")
  %5 = quantir.add %3, %4 : tensor<1x8x8x16xf32>, tensor<1x8x8x16xf32> -> tensor<1x8x8x16xf32> loc("sum")
  %6 = quantir.reshape %5 : tensor<1x8x8x16xf32> -> tensor<64x16xf32> loc("tokens")
  %7 = quantir.matmul %6, %w2 bias %b2 : tensor<64x16xf32>, tensor<16x96xf32>, tensor<96xf32> -> tensor<64x96xf32> loc("qkv")
  %8 = quantir.mul %7, %v2 : tensor<64x96xf32>, tensor<96xf32> -> tensor<64x96xf32> loc("scaled")
  %9 = quantir.reshape %8 : tensor<64x96xf32> -> tensor<64x3x2x16xf32> loc("split")
  %t = quantir.transpose %9 {permutation = array<i64: 1, 2, 0, 3>} : tensor<64x3x2x16xf32> -> tensor<3x2x64x16xf32> loc("heads")
  %q = quantir.slice %t {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 2, 64, 16>, steps = array<i64: 1, 1, 1, 1>} : tensor<3x2x64x16xf32> -> tensor<1x2x64x16xf32> loc("q")
  %k = quantir.slice %t {offsets = array<i64: 1, 0, 0, 0>, sizes = array<i64: 1, 2, 64, 16>, steps = array<i64: 1, 1, 1, 1>} : tensor<3x2x64x16xf32> -> tensor<1x2x64x16xf32> loc("k")
  %v = quantir.slice %t {offsets = array<i64: 2, 0, 0, 0>, sizes = array<i64: 1, 2, 64, 16>, steps = array<i64: 1, 1, 1, 1>} : tensor<3x2x64x16xf32> -> tensor<1x2x64x16xf32> loc("v")
  %s = quantir.matmul %q, %k {transpose_rhs} : tensor<1x2x64x16xf32>, tensor<1x2x64x16xf32> -> tensor<1x2x64x64xf32> loc("scores")
  %p = quantir.softmax %s : tensor<1x2x64x64xf32> -> tensor<1x2x64x64xf32> loc("softmax")
  %a = quantir.matmul %p, %v : tensor<1x2x64x64xf32>, tensor<1x2x64x16xf32> -> tensor<1x2x64x16xf32> loc("attended")
  %r = quantir.reduce <sum> %a {axes = array<i64: 0, 1>} : tensor<1x2x64x16xf32> -> tensor<64x16xf32> loc("both")
  return %r : tensor<64x16xf32>
}
"""


@pytest.mark.parametrize("stage", ["float", "quantized"])
def test_splitting_products_changes_no_bit(samples, stage):
    text = opt(with_ranges(SLICED), "-quantir-quantize-pipeline") if stage == "quantized" else SLICED
    before = meaning(text, samples)
    split = opt(text, "-quantir-split-products")
    assert "quantir.slice" in text and "quantir.slice" not in split
    assert meaning(split, samples).tobytes() == before.tobytes()


TWICE_TRANSPOSED = """
func.func @main(%x: tensor<1x3x8x8xf32> {quantir.name = "x"}) -> (tensor<4x3x8x2xf32> {quantir.name = "y"}) {
  %0 = quantir.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x3x8x8xf32> -> tensor<1x8x8x3xf32>
  %1 = quantir.reshape %0 : tensor<1x8x8x3xf32> -> tensor<2x4x8x3xf32>
  %2 = quantir.transpose %1 {permutation = array<i64: 1, 3, 2, 0>} : tensor<2x4x8x3xf32> -> tensor<4x3x8x2xf32>
  return %2 : tensor<4x3x8x2xf32>
}
"""


def test_composing_transposes_changes_no_bit(samples):
    once = opt(TWICE_TRANSPOSED, "-quantir-fold-transposes")
    assert once.count("quantir.transpose") == 1
    assert meaning(once, samples).tobytes() == meaning(TWICE_TRANSPOSED, samples).tobytes()


def test_observing_changes_no_bit(model, samples):
    assert meaning(model, samples, "-quantir-insert-observers").tobytes() == meaning(model, samples).tobytes()


def test_quantized_model_stays_near(model, samples):
    exact = meaning(model, samples)
    error = meaning(model, samples, "-quantir-quantize-pipeline") - exact
    decibel = 10 * numpy.log10((exact ** 2).mean() / (error ** 2).mean())
    assert decibel > 25


def test_text_of_a_stage_reads_back(model):
    text = opt(model, "-quantir-quantize-pipeline", "-quantir-fuse-pipeline")
    assert opt(text) == text
