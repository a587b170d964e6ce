#!/usr/bin/env python3
"""The table of all integer forms of softmax, GELU and layer norm: error and speed.

    test/benchmarks/forms.py                                      # prints markdown
    test/benchmarks/forms.py --write lib/Approximate/Table.md

Errors of published forms are those of lib/Approximate (build/dev/bin/forms), which the
compiler's arithmetic equals code by code; ours are measured on compiled kernels. Speed is
that of compiled kernels on 512x384 elements, one thread, the best of many runs, in rounds
with ONNX Runtime's kernels.
"""
import argparse
import ctypes
import datetime
import json
import pathlib
import re
import subprocess
import tempfile
import time

import numpy as np
from onnx import TensorProto, helper


ROOT = pathlib.Path(__file__).resolve().parents[2]
ROWS, COLUMNS = 512, 384
CASES = {"mild": (197, 1.0), "peaky": (197, 4.0), "flat": (1024, 0.2)}
SOFTMAX_FORMS = ["ibert", "shiftmax", "log2", "hyq", "litert", "litert16", "index",
                 "xnnpack"]
STORAGE = {"u8": np.uint8, "i8": np.int8, "i16": np.int16}


# ---- Kernels: the text of one op, compiled by itself --------------------------------

class Context(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in
                ("inputs", "outputs", "arena", "weights", "parallel_for", "pool")]


def aligned(size):
    raw = np.zeros(size + 128, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start:start + size]


class Kernel:
    """@main of one kernel as machine code for this processor."""

    def __init__(self, tools, work, body, arguments, result, constants=""):
        names = [f"%x{i}" for i in range(len(arguments))]
        text = (f"func.func @main({', '.join(map('{}: {}'.format, names, arguments))})"
                f" -> {result} {{\n{constants}\n"
                f"  %k = quantir.kernel ({', '.join(names)}) {{\n  ^bb0("
                + ", ".join(f"%{i}: {t}" for i, t in enumerate(arguments))
                + f"):\n    {body}\n    quantir.yield %r : {result}\n"
                f"  }} : ({', '.join(arguments)}) -> ({result})\n"
                f"  return %k : {result}\n}}\n")
        passes = ("quantir-lower-kernels", "quantir-share-kernels", "quantir-plan-memory",
                  "quantir-merge-constants", "quantir-lower-to-llvm")
        lowered = subprocess.run(
            [tools / "quant-opt", f"--pass-pipeline=builtin.module({','.join(passes)})"],
            input=text, capture_output=True, text=True)
        if lowered.returncode:
            raise ValueError(lowered.stderr.strip().splitlines()[0])
        code = subprocess.run(["mlir-translate-22", "--mlir-to-llvmir"], check=True,
                              input=lowered.stdout, capture_output=True, text=True)
        library = tempfile.NamedTemporaryFile(dir=work, suffix=".so", delete=False).name
        subprocess.run(["clang-22", "-x", "ir", "-", "-O2", "-march=native", "-fPIC",
                        "-shared", "-Wno-override-module", "-o", library],
                       check=True, input=code.stdout, text=True)
        size = re.search(r"quantir\.arena_size = (\d+)", lowered.stdout)
        self.arena = aligned(int(size.group(1)) + 64 if size else 64)
        self.run_once = ctypes.CDLL(library).model_run

    def bind(self, inputs, output):
        """A call without arguments on these buffers."""
        self.buffers = [np.copyto(buffer := aligned(x.nbytes + 64)[:x.nbytes],
                                  x.reshape(-1).view(np.uint8)) or buffer for x in inputs]
        self.out = aligned(output + 64)[:output]
        ins = (ctypes.c_void_p * len(inputs))(*[b.ctypes.data for b in self.buffers])
        outs = (ctypes.c_void_p * 1)(self.out.ctypes.data)
        self.context = Context(ctypes.addressof(ins), ctypes.addressof(outs),
                               self.arena.ctypes.data, None, None, None)
        self.kept = (ins, outs)
        pointer = ctypes.byref(self.context)
        return lambda: self.run_once(pointer)


def codes(storage, scale, zero_point=0):
    zero = f":{zero_point}" if zero_point else ""
    return f"!quant.uniform<{storage}:f32, {scale:.9e}{zero}>"


def tensor(rows, columns, element):
    return f"tensor<{rows}x{columns}x{element}>"


def softmax_kernel(options, rows, columns, source, result, attributes=""):
    types = [tensor(rows, columns, source)], tensor(rows, columns, result)
    body = (f"%r = quantir.softmax %0 {{{attributes}}} : {types[0][0]} -> {types[1]}"
            if attributes else f"%r = quantir.softmax %0 : {types[0][0]} -> {types[1]}")
    return Kernel(options.tools, options.work, body, *types)


def form(name):
    return f"form = #quantir.softmax_form<{name}>"


# ---- Errors of ours, on compiled kernels --------------------------------------------

def exact_softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def house_softmax_error(options, columns, deviation, storage, result, unit, attributes=""):
    """L1 and mean sum of rows of normal scores, the largest of which is the last code."""
    x = np.random.default_rng(0).normal(0, deviation, (200, columns))
    most = np.iinfo(STORAGE[storage]).max
    scale = np.abs(x).max() / most
    q = np.rint(x / scale).astype(STORAGE[storage])
    kernel = softmax_kernel(options, 200, columns, codes(storage, scale),
                            codes(result, unit), attributes)
    dtype = np.dtype(STORAGE[result])
    kernel.bind([q], q.size * dtype.itemsize)()
    p = kernel.out.view(dtype).reshape(q.shape) * unit
    if attributes == "unnormalized":
        p = p / p.sum(-1, keepdims=True)
    exact = exact_softmax(q * scale)
    return {"l1": float(np.abs(p - exact).sum(-1).mean()), "sum": float(p.sum(-1).mean())}


def norm_kernel(options, rows, columns, source, result, attributes=""):
    vector = f"tensor<{columns}xf32>"
    constants = (f"%s = quantir.constant dense<1.0> : {vector} -> {vector}\n"
                 f"    %b = quantir.constant dense<0.0> : {vector} -> {vector}\n    ")
    body = (constants + f"%r = quantir.layer_norm %0, %s, %b {{epsilon = 1.0e-12 : f32{attributes}}} : "
            f"{tensor(rows, columns, source)}, {vector}, {vector} -> "
            f"{tensor(rows, columns, result)}")
    return Kernel(options.tools, options.work, body, [tensor(rows, columns, source)],
                  tensor(rows, columns, result))


def house_norm_error(options, storage, outliers):
    """The largest error of 16-bit results in [-32, 32], less their half step."""
    random = np.random.default_rng(0)
    x = random.normal(0.3, 1, (100, 768))
    if outliers:
        x[::50, 7::100] *= 60
    most = np.iinfo(STORAGE[storage]).max
    q = np.rint(x / np.abs(x).max() * most).astype(STORAGE[storage])
    step = 2.0**-10
    kernel = norm_kernel(options, 100, 768, codes(storage, 1.0), codes("i16", step))
    kernel.bind([q], q.size * 2)()
    found = kernel.out.view(np.int16).reshape(q.shape) * step
    wide = q.astype(float)
    exact = (wide - wide.mean(-1, keepdims=True)) / wide.std(-1, keepdims=True)
    return max(float(np.abs(found - exact).max()) - step / 2, 0.0)


# ---- Speed ---------------------------------------------------------------------------

def session(nodes, shape, dtype, initializers=()):
    import onnxruntime
    graph = helper.make_graph(nodes, "kernel",
                              [helper.make_tensor_value_info("x", dtype, shape)],
                              [helper.make_tensor_value_info("y", dtype, shape)],
                              list(initializers))
    model = helper.make_model(graph, ir_version=10, opset_imports=[
        helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)])
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), settings,
                                        providers=["CPUExecutionProvider"])


def onnx_runtime(nodes, dtype, initializers=()):
    """A call of ONNX Runtime on one thread, or None where it lacks the kernel."""
    import onnxruntime
    try:
        runner = session(nodes, (ROWS, COLUMNS), dtype, initializers)
    except Exception:
        return None
    random = np.random.default_rng(1)
    kind = helper.tensor_dtype_to_np_dtype(dtype)
    x = (random.normal(size=(ROWS, COLUMNS)).astype(kind) if kind == np.float32
         else random.integers(0, 256, (ROWS, COLUMNS)).astype(kind))
    binding = runner.io_binding()
    binding.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(x))
    binding.bind_ortvalue_output("y", onnxruntime.OrtValue.ortvalue_from_numpy(x * 0))
    return lambda: runner.run_with_iobinding(binding)


def onnx_runtime_kernels():
    scalar = lambda name, dtype, value: helper.make_tensor(name, dtype, [], [value])
    quantized = [scalar("s", TensorProto.FLOAT, 0.05), scalar("z", TensorProto.UINT8, 128),
                 scalar("t", TensorProto.FLOAT, 1 / 256), scalar("o", TensorProto.UINT8, 0)]
    vector = lambda name, value: helper.make_tensor(name, TensorProto.FLOAT, [COLUMNS],
                                                    [value] * COLUMNS)
    node = helper.make_node
    return {
        "Softmax f32": onnx_runtime([node("Softmax", ["x"], ["y"], axis=-1)],
                                    TensorProto.FLOAT),
        "QLinearSoftmax u8": onnx_runtime(
            [node("QLinearSoftmax", ["x", "s", "z", "t", "o"], ["y"], axis=-1, opset=13,
                  domain="com.microsoft")], TensorProto.UINT8, quantized),
        "Gelu f32": onnx_runtime([node("Gelu", ["x"], ["y"])], TensorProto.FLOAT),
        "QLinearLeakyRelu u8": onnx_runtime(
            [node("QLinearLeakyRelu", ["x", "s", "z", "s", "z"], ["y"], alpha=0.1,
                  domain="com.microsoft")], TensorProto.UINT8, quantized[:2]),
        "LayerNormalization f32": onnx_runtime(
            [node("LayerNormalization", ["x", "g", "b"], ["y"], axis=-1)],
            TensorProto.FLOAT, [vector("g", 1.0), vector("b", 0.0)]),
    }


def our_kernels(options):
    """Name -> kernel and the bytes of an input element; refused forms are left out."""
    share = codes("u8", 1 / 255)
    byte, wide = codes("i8", 0.05), codes("i16", 0.01)
    table = f"tensor<256x{byte}>"
    flat = tensor(ROWS, COLUMNS, byte)
    made = {
        "look-up": (Kernel(options.tools, options.work,
                           f"%r = quantir.lookup %0, %1 : {flat}, {table} -> {flat}",
                           [flat, table], flat), 1),
        "interpolate": (Kernel(
            options.tools, options.work,
            "%r = quantir.interpolate %0, %1 {fraction_bits = 14 : i64, steps_off = 1.0 : "
            f"f64}} : {tensor(ROWS, COLUMNS, wide)}, tensor<3x64xi32> -> {flat}",
            [tensor(ROWS, COLUMNS, wide), "tensor<3x64xi32>"], flat), 2),
    }
    for name in ("house", "ibert", "ivit"):
        for bits, source in ((8, byte), (16, wide)):
            made[f"norm {name} {bits}"] = (norm_kernel(
                options, ROWS, COLUMNS, source, codes("i8", 0.03),
                f", form = #quantir.norm_form<{name}>"), bits // 8)
    for name in ["house", "unnormalized", *SOFTMAX_FORMS]:
        attributes = {"house": "", "unnormalized": "unnormalized"}.get(name, form(name))
        for bits, source in ((8, byte), (16, wide)):
            try:
                made[f"softmax {name} {bits}"] = (softmax_kernel(
                    options, ROWS, COLUMNS, source, share, attributes), bits // 8)
            except ValueError:  # the form refuses such scores
                pass
    return made


def measure(options):
    """Best nanoseconds an element of every kernel, all in the same rounds."""
    random = np.random.default_rng(2)
    calls = {}
    kept = our_kernels(options)
    for name, (kernel, width) in kept.items():
        inputs = [random.integers(0, 256, ROWS * COLUMNS * width).astype(np.uint8),
                  random.integers(0, 256, 1024).astype(np.uint8)]
        calls[name] = kernel.bind(inputs, ROWS * COLUMNS * 2)
    calls.update({f"ORT {name}": call
                  for name, call in onnx_runtime_kernels().items() if call})
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(options.rounds):
        for name, call in calls.items():
            for _ in range(options.runs):
                start = time.perf_counter_ns()
                call()
                best[name] = min(best[name], time.perf_counter_ns() - start)
    return {name: ns / (ROWS * COLUMNS) for name, ns in best.items()}


# ---- The table -----------------------------------------------------------------------

def distinct(forms):
    """Forms by name; as published only where that makes a difference."""
    return [(label, entry) for label, entry in forms.items()
            if entry != forms.get(label.removesuffix(", as published"))
            or not label.endswith(", as published")]


def pair(case):
    if case is None or "refused" in case:
        return "refused"
    return f"{case['l1']:.2g} / {case['sum']:.3f}"


def markdown(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def softmax_table(options, report, speed):
    def ns(name, bits):
        value = speed.get(f"softmax {name} {bits}")
        return "" if value is None else f"{value:.3f}"

    house = {
        "ours, 8-bit scores and result": ("house", "i8", "u8", 1 / 255, ""),
        "ours, 16-bit scores and result": ("house", "i16", "i16", 2.0**-15, ""),
        "ours, 8-bit exponentials, one division": (
            "unnormalized", "i16", "u8", 1 / 255, "unnormalized"),
    }
    rows = []
    for label, (name, storage, *rest) in house.items():
        errors = [house_softmax_error(options, *case, storage, *rest)
                  for case in CASES.values()]
        bits = 8 if storage == "i8" else 16
        rows.append([label, *map(pair, errors), "", ns(name, 8) if bits == 8 else "",
                     ns(name, 16) if bits == 16 else ""])
    for label, entry in distinct(report["softmax"]):
        name = label.split(",")[0]
        published = "published" in label
        bound = entry["certificate"]
        rows.append([
            label, *(pair(entry[case]) for case in CASES),
            "refused" if "refused" in bound else f"{bound['bound']:.2g} ({bound['worst']:.2g})",
            "" if published else ns(name, 8), "" if published else ns(name, 16)])
    return markdown(["softmax", *CASES, "largest error: proved (found)", "ns, 8 bits",
                     "ns, 16 bits"], rows)


def gelu_table(report, speed):
    def cell(case):
        if "refused" in case:
            return "refused"
        steps = f"{case['steps']:.2f}" if "steps" in case else "no table"
        return f"{case['absolute']:.2g}; {steps}" if "absolute" in case else steps

    rows = []
    for label, entry in distinct(report["gelu"]):
        kinds = [kind for kind in entry if kind != "source"]
        tabled = "published" not in label
        rows.append([label, *(cell(entry[kind]) for kind in sorted(kinds)),
                     f"{speed['look-up']:.3f}" if tabled else ""])
    return markdown(["GELU", "int16, to 8", "int8, to 16", "int8, to 4", "ns, 8 bits"], rows)


def norm_table(options, report, speed):
    rows = [["ours", *(f"{house_norm_error(options, *case):.2g}" for case in
                       (("i8", False), ("i8", True), ("i16", True))),
             f"{speed['norm house 8']:.3f}", f"{speed['norm house 16']:.3f}"]]
    for label, entry in distinct(report["norm"]):
        rows.append([label, *(f"{entry[case]:.2g}" for case in
                              ("int8", "int8, outliers", "int16, outliers")),
                     *(f"{speed[key]:.3f}" if (key := f"norm {label} {bits}") in speed
                       else "" for bits in (8, 16))])
    return markdown(["layer norm", "int8", "int8, outliers", "int16, outliers",
                     "ns, 8 bits", "ns, 16 bits"], rows)


def speed_table(speed):
    pairs = [("softmax house 8", "ORT Softmax f32", 0.30),
             ("softmax house 8", "ORT QLinearSoftmax u8", 0.30),
             ("norm house 8", "ORT LayerNormalization f32", 0.25),
             ("look-up", "ORT Gelu f32", 0.03),
             ("look-up", "ORT QLinearLeakyRelu u8", 0.03)]
    rows = [[ours, f"{speed[ours]:.3f}", f"{limit:.2f}", theirs, f"{speed[theirs]:.3f}",
             f"{speed[theirs] / speed[ours]:.1f}"]
            for ours, theirs, limit in pairs if theirs in speed]
    return markdown(["kernel, int8", "ns", "at most", "ONNX Runtime", "ns", "times ours"],
                    rows)


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*: (.*)", text).group(1)
    sets = [s for s in ("avx2", "avx512vl", "avx512vbmi", "avx512_vnni") if s in text]
    return f"{name} ({', '.join(sets)})"


PAGE = """\
# Integer forms of softmax, GELU and layer norm, compared

Made by `test/benchmarks/forms.py --write lib/Approximate/Table.md` on {machine}, {date}, one
thread. Times are the best of many runs, in nanoseconds an element of 512x384; only their ratios within one run mean something.
A form is sound, corrected where its authors' code loses precision without
need; that code's own result follows where it differs. "Refused" means that an
intermediate value would not fit. Ours is the default: from 16-bit scores no form is nearer, and 8-bit
results are the softmax rounded to nearest, as LiteRT's and XNNPACK's are.

## Softmax

Mean over 200 rows of sum |p - exact p|, and of sum p. Rows are normal scores quantized together: mild has deviation 1 and 197
keys, peaky 4 and 197, flat 0.2 and 1024. Published forms are given 8-bit scores. The largest error is that of one probability for
rows of 197 codes of 8 bits at scale 0.05: the proved bound, and the worst row found.

{softmax}

8-bit exponentials that nothing divides are what attention multiplies with V: one division by their sum follows. Codes of 8 bits
make every form look-ups, so that their times are alike; 16-bit scores show the arithmetic.

## GELU

The largest absolute error of the form's own integers; then the certificate: the largest error of an 8-bit result, in its steps,
over all input codes. Every form of 8-bit codes is a table for the compiler.

{gelu}

## Layer norm

The largest error of the normalised value, whose deviation is 1, for rows of 768 codes; ours beyond the half step of its 16-bit
result. Outliers are 60 times as large as other values, in one of a hundred columns and one of 50 rows.

{norm}

## Beside ONNX Runtime

{speed}
"""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / "build/dev/bin")
    parser.add_argument("--write", type=pathlib.Path, help="the page to write")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=40, help="of a kernel in a round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        options.work = work
        report = json.loads(subprocess.check_output([options.tools / "forms"]))
        speed = measure(options)
        page = PAGE.format(machine=processor(), date=datetime.date.today().isoformat(),
                           softmax=softmax_table(options, report, speed),
                           gelu=gelu_table(report, speed),
                           norm=norm_table(options, report, speed),
                           speed=speed_table(speed))
    print(page)
    if options.write:
        options.write.write_text(page)


if __name__ == "__main__":
    main()
