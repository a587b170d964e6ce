"""--quantize=w8a16 against 64-bit integers: sums of 16-bit codes times 8-bit weights leave 32
bits from depth 517 on, and lose nothing."""
import math
import re

import numpy as np
import small_models

DEPTH, COLUMNS = 1029, 5


def extreme_product(folder):
    """A product whose weights all have the largest code, and inputs that do so too."""
    random = np.random.default_rng(3)
    signs = random.choice([-1.0, 1.0], (DEPTH, COLUMNS))
    signs[:, 0] = 1
    graph = small_models.Graph(x=[1, DEPTH])
    weights = (signs * [1, 0.5, 3, 0.01, 1]).astype(np.float32)
    graph.output("MatMul", "x", graph.constant(weights))
    graph.save(folder / "product.onnx")
    x = np.where(random.random((40, DEPTH)) < 0.5, 1, random.uniform(-1, 1, (40, DEPTH)))
    x[0], x[1], x[2] = 1, -1, signs[:, 1]
    np.savez(folder / "calib.npz", x=x.astype(np.float32))
    x *= 2  # which the codes have a bit of headroom for
    np.savez(folder / "x.npz", x=x.astype(np.float32))
    return x.astype(np.float32), (127 * signs).astype(np.int64)


def scales(text, pattern):
    found = re.search(pattern, text)[1]
    return [float(number) for number in found.split(",")]


def multipliers(factors):
    """Those of dialects/Quantir/FixedPoint.cpp: 31 bits for the largest."""
    shift = 31 - math.frexp(max(factors))[1]
    if round(math.ldexp(max(factors), shift)) >= 1 << 31:
        shift -= 1
    return [round(math.ldexp(factor, shift)) for factor in factors], shift


def test_deep_products_are_exact(tmp_path, quant_compile, quant_run):
    x, weights = extreme_product(tmp_path)
    flags = ["--quantize=w8a16", "--verify-integer-only", f"--calib={tmp_path / 'calib.npz'}"]
    quant_compile(tmp_path / "product.onnx", *flags, "--compile-to=quantize",
                  "-o", tmp_path / "product.mlir")
    quant_compile(tmp_path / "product.onnx", *flags, "-o", tmp_path / "product.so")
    quant_run(tmp_path / "product.so", f"--input={tmp_path / 'x.npz'}",
              f"--output={tmp_path / 'y.npz'}")
    (found,) = np.load(tmp_path / "y.npz").values()

    text = (tmp_path / "product.mlir").read_text()
    (step,) = scales(text, r"quantize %arg0 .*-> .*<i16:f32, (\S+)>>")
    (out,) = scales(text, r"quantir.add .*-> .*<i16:f32, (\S+)>>")
    names = re.search(r"quantir.add .*x(!axis\d*)>, .*x(!axis\d*)>\)? ->", text)
    parts = [scales(text, re.escape(name) + r" = .*\{(.*)\}>") for name in names.groups()]
    codes = np.clip(np.rint(x / np.float32(step)), -32768, 32767).astype(np.int64)
    assert np.abs(codes @ weights).max() > 2**31
    bytes_of_codes = [codes >> 8, codes & 255]
    if parts[0][0] < parts[1][0]:
        bytes_of_codes.reverse()
    factors, shift = multipliers([scale / out for part in parts for scale in part])
    terms = [(half @ weights) * np.array(factors[i * COLUMNS:][:COLUMNS])
             for i, half in enumerate(bytes_of_codes)]
    expected = np.clip((sum(terms) + (1 << (shift - 1))) >> shift, -32768, 32767)
    assert np.array_equal(found.reshape(expected.shape),
                          expected.astype(np.float32) * np.float32(out))
    assert np.abs(found - x @ (weights / 127 * [1, 0.5, 3, 0.01, 1])).max() < 3 * out
