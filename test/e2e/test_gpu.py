"""What is compiled for GPUs too: its modules are valid, and lavapipe, or the machine's first
Vulkan device, computes the CPU's bytes from them."""
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

import numpy as np
import onnx
import pytest
import small_models

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTIR_BUILD_DIR", ROOT / "build" / "dev"))
MODELS = pathlib.Path(os.environ.get("QUANTIR_MODELS", ROOT.parent / "shared" / "models"))
LAYER = pathlib.Path(
    "/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json")
LAVAPIPE = pathlib.Path("/usr/share/vulkan/icd.d/lvp_icd.x86_64.json")
if LAVAPIPE.exists():
    os.environ.setdefault("VK_ICD_FILENAMES", str(LAVAPIPE))
needs_vulkan = pytest.mark.skipif("VK_ICD_FILENAMES" not in os.environ,
                                  reason="there is no Vulkan device")


@pytest.fixture
def same_bytes(quant_compile, quant_run, tmp_path):
    """Compiles and runs a model on the CPU and on a GPU, which must agree."""

    def compare(model, samples, *flags):
        library = tmp_path / "model.so"
        gpu = [] if any("--gpu" in flag for flag in flags) else ["--gpu=vulkan"]
        quant_compile(model, "-o", library, *gpu, *flags)
        for device in ("cpu", "vulkan"):
            quant_run(library, f"--device={device}", f"--input={samples}",
                      f"--output={tmp_path / device}.npz")
        with np.load(tmp_path / "cpu.npz") as expected, \
                np.load(tmp_path / "vulkan.npz") as found:
            assert set(found) == set(expected)
            for name in expected:
                assert found[name].tobytes() == expected[name].tobytes(), name

    return compare


@pytest.fixture
def saved(tmp_path):
    """Writes a small model, its calibration data and its samples."""

    def save(name):
        g = small_models.ALL[name]()
        g.save(tmp_path / f"{name}.onnx")
        np.savez(tmp_path / "calib.npz", **g.samples(6, seed=1))
        np.savez(tmp_path / "samples.npz", **g.samples(2, seed=3))
        return tmp_path / f"{name}.onnx", f"--calib={tmp_path / 'calib.npz'}"

    return save


W8A8 = [(name, "--quantize=w8a8") for name in small_models.ALL]


@needs_vulkan
@pytest.mark.parametrize("name, flags", W8A8 + [
    ("convolutions", "--quantize=none"), ("convolutions", "--quantize=w8a16"),
    ("convolutions", "--quantize=w8a8 --gpu=vulkan:mali"),
    ("products", "--quantize=bf16"), ("products", "--quantize=fp16"),
    ("products", "--quantize=w8a8 --gpu=vulkan:adreno"),
    ("attention", "--quantize=none"), ("movement", "--quantize=w8a8 --integer-only"),
    ("decoder", "--quantize=w8a8 --integer-only")])
def test_a_gpu_computes_the_same_bytes(same_bytes, saved, tmp_path, name, flags):
    model, calibration = saved(name)
    calibrated = [calibration] if "w8" in flags else []
    same_bytes(model, tmp_path / "samples.npz", *flags.split(), *calibrated)


@needs_vulkan
def test_the_shipped_model_on_a_gpu(same_bytes, digits, tmp_path):
    with np.load(digits / "eval.npz") as data:
        np.savez(tmp_path / "some.npz", image=data["image"][:20])
    same_bytes(digits / "digits.onnx", tmp_path / "some.npz", "--quantize=w8a8",
               f"--calib={digits / 'calib.npz'}")


@pytest.mark.skipif(not shutil.which("spirv-val"), reason="there is no spirv-val")
@pytest.mark.parametrize("name", ["convolutions", "products"])
@pytest.mark.parametrize("family", ["mali", "adreno"])
def test_modules_are_valid(quant_compile, saved, tmp_path, name, family):
    model, calibration = saved(name)
    quant_compile(model, "--quantize=w8a8", "--emit=spirv", calibration,
                  f"--gpu=vulkan:{family}", "-o", tmp_path / "modules")
    modules = list((tmp_path / "modules").iterdir())
    assert len(modules) > 10
    for module in modules:
        for version in ("vulkan1.1", "vulkan1.3"):
            subprocess.run(["spirv-val", "--target-env", version, module], check=True)


@pytest.fixture
def float_model(tmp_path):
    """A kernel without weights."""
    g = small_models.Graph(x=[1, 3, 9])
    t = g.node("Relu", "x")
    g.output("Add", t, "x")
    g.save(tmp_path / "floats.onnx")
    return tmp_path / "floats.onnx"


def test_spirv_as_text(quant_compile, quant_opt, float_model, tmp_path):
    text = quant_compile(float_model, "--emit=spirv").stdout
    assert text.startswith("spirv.module @kernel_0_elementwise Logical GLSL450")
    whole = tmp_path / "whole.mlir"
    quant_compile(float_model, "--compile-to=spirv", "-o", whole)
    assert "quantir.dispatch [@kernel_0_elementwise]" in whole.read_text()
    assert quant_opt(whole, "--mlir-print-debuginfo").stdout == whole.read_text()


def test_the_folder_is_written_whole(quant_compile, float_model, tmp_path):
    folder = tmp_path / "modules"
    quant_compile(float_model, "--emit=spirv", "-o", folder)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["kernel_0_elementwise.spv"]
    first = (folder / names[0]).read_bytes()
    assert first[:4] == b"\x03\x02\x23\x07"
    (folder / "old.spv").write_bytes(b"")
    quant_compile(float_model, "--emit=spirv", "-o", f"{folder}/")
    assert [path.read_bytes() for path in folder.iterdir()] == [first]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["floats.onnx", "modules"]


def test_folders_of_others_stay(quant_compile, float_model, tmp_path):
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    errors = quant_compile(float_model, "--emit=spirv", "-o", folder, status=4).stderr
    assert "it holds more than .spv files, such as 'letter.txt'" in errors
    errors = quant_compile(float_model, "--emit=spirv", "-o", folder / "letter.txt",
                           status=4).stderr
    assert "cannot write" in errors
    assert (folder / "letter.txt").read_text() == "mine"
    errors = quant_compile(float_model, "--emit=spirv", "-o", tmp_path / "x.spv",
                           status=2).stderr
    assert "--emit=spirv writes a file for each kernel; give -o FOLDER" in errors


@pytest.mark.parametrize("flags, message", [
    (["--gpu=vulkn"], "--gpu=vulkn is unknown; the nearest valid value is 'vulkan'"),
    (["--gpu=vulkan:malli"], "the nearest valid value is 'vulkan:mali'"),
    (["--gpu="], "--gpu= is unknown; the nearest valid value is 'vulkan'"),
    (["--gpu=vulkan", "--target=wasm32-unknown-unknown"],
     "programs in WebAssembly have no Vulkan")])
def test_unknown_gpus_are_wrong_use(quant_compile, float_model, tmp_path, flags, message):
    errors = quant_compile(float_model, *flags, "-o", tmp_path / "out.o", status=2).stderr
    assert message in errors
    assert not (tmp_path / "out.o").exists()


@pytest.mark.parametrize("triple, output", [
    ("aarch64-linux-android", "model.so"), ("armv7a-linux-androideabi", "model.so"),
    ("x86_64-linux-gnu", "model.a"), ("aarch64-apple-ios", "model.dylib")])
def test_every_kind_of_artifact_has_it(quant_compile, float_model, tmp_path, triple, output):
    quant_compile(float_model, "--gpu=vulkan:mali", f"--target={triple}", "-o",
                  tmp_path / output)
    assert ", and Vulkan devices;" in (tmp_path / "model.h").read_text()
    # The first module's magic number and version, packed.
    assert b"\x83\x84\x8c\x39\x80\x86\x04" in (tmp_path / output).read_bytes()


@needs_vulkan
def test_a_batch_on_a_gpu(same_bytes, digits, tmp_path):
    """The processor's code takes one sample after the other, the GPU's all at once."""
    with np.load(digits / "eval.npz") as data:
        np.savez(tmp_path / "some.npz", image=data["image"][:6])
    same_bytes(digits / "digits.onnx", tmp_path / "some.npz", "--quantize=w8a8",
               f"--calib={digits / 'calib.npz'}", "--shape=image:3x1x8x8")


@needs_vulkan
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the levels are x86-64's")
def test_several_processors_and_a_gpu(same_bytes, saved, tmp_path):
    model, calibration = saved("products")
    same_bytes(model, tmp_path / "samples.npz", "--quantize=w8a8", calibration,
               "--mcpu=x86-64-v2,x86-64-v3")


@pytest.mark.parametrize("name, triple, cpu", [
    ("convolutions", "x86_64-linux-gnu", "x86-64-v2"),
    ("products", "x86_64-linux-gnu", "x86-64-v3"),
    ("convolutions", "x86_64-linux-gnu", "icelake-server"),
    ("products", "x86_64-linux-gnu", "sapphirerapids"),
    ("convolutions", "aarch64-linux-android24", "cortex-a53"),
    ("products", "aarch64-linux-gnu", "cortex-a76"),
    ("convolutions", "aarch64-linux-gnu", "cortex-a53,neoverse-v1"),
    ("convolutions", "armv7a-linux-androideabi", "cortex-a9")])
def test_weights_are_there_once(quant_compile, saved, tmp_path, name, triple, cpu):
    """A GPU's are the processor's, in whatever order that has them."""
    model, calibration = saved(name)
    said = quant_compile(model, "--quantize=w8a8", calibration, "--gpu=vulkan",
                         f"--target={triple}", f"--mcpu={cpu}", "-Rpass=quantir-gpu",
                         "-o", tmp_path / "model.so").stderr
    found = re.search(r"(\d+) of (\d+) bytes of the GPU's constants are the processor's.*"
                      r"the artifact holds (\d+)", said)
    shared, constants, kept = map(int, found.groups())
    assert shared > 0.5 * constants
    assert kept < 0.3 * constants


@needs_vulkan
def test_more_than_every_device_binds(same_bytes, tmp_path):
    """128 MiB and a word, of constants and of results."""
    g = small_models.Graph(x=[1, 1])
    g.output("Add", "x", g.constant(np.arange((1 << 25) + 1, dtype=np.float32)[None]))
    g.save(tmp_path / "large.onnx")
    np.savez(tmp_path / "sample.npz", x=np.array([[[0.5]]], np.float32))
    same_bytes(tmp_path / "large.onnx", tmp_path / "sample.npz")


def test_more_than_a_gpu_counts_is_refused(quant_compile, tmp_path):
    g = small_models.Graph(x=[1, 1 << 15])
    g.output("Add", "x", g.constant(np.ones([1 << 14, 1], np.float32)))
    g.save(tmp_path / "large.onnx")
    errors = quant_compile(tmp_path / "large.onnx", "--gpu=vulkan", "-o",
                           tmp_path / "large.so", status=1).stderr
    assert "'add0': error: has a tensor of 2147483648 bytes" in errors
    assert not (tmp_path / "large.so").exists()


@pytest.mark.parametrize("flag", ["--gpu=vulkan", "--emit=spirv"])
def test_tensors_without_elements_are_refused(quant_compile, float_model, tmp_path, flag):
    output = tmp_path / ("model.so" if "gpu" in flag else "modules")
    errors = quant_compile(float_model, flag, "--shape=x:1x0x9", "-o", output,
                           status=1).stderr
    assert "input 'x' has no elements: its shape is 1x0x9" in errors
    assert not output.exists()


def test_remarks_are_made_once(quant_compile, float_model, tmp_path):
    def remarks(*flags):
        lines = quant_compile(float_model, "--explain", *flags).stderr.splitlines()
        return [line for line in lines if "[-Rpass" in line]

    library = ["-o", tmp_path / "model.so"]
    assert remarks("--gpu=vulkan", *library) == remarks(*library) != []
    assert remarks("--emit=spirv") != []


def check_by_benchmark(tmp_path, *arguments):
    done = subprocess.run([sys.executable, ROOT / "test/benchmarks/gpu.py", *arguments,
                           f"--bin={BUILD / 'bin'}", f"--work={tmp_path}"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "yes, in every way; one submit and nothing else: yes; reports 0" in done.stdout


@needs_vulkan
@pytest.mark.skipif(not LAYER.exists(), reason="the validation layer is not there")
def test_the_validation_layer_sees_missing_barriers_alone(tmp_path):
    """One submit a run and nothing else, no report, and a race without any of eight
    barriers; other ways to run give the same bytes."""
    check_by_benchmark(tmp_path, "digits", "--barriers=8")


@needs_vulkan
@pytest.mark.skipif(not (LAYER.exists() and MODELS.exists()),
                    reason="the validation layer or the trained models are not there")
@pytest.mark.parametrize("model", ["resnet8_cifar10", "kws_dscnn", "tinyvit_cifar10",
                                   "magika_v3_3", "storyllama1m", "stories260k"])
def test_trained_models(tmp_path, model):
    check_by_benchmark(tmp_path, model, "--barriers=1", f"--models={MODELS}")


@needs_vulkan
@pytest.mark.skipif(not MODELS.exists(), reason="the trained models are not there")
@pytest.mark.parametrize("model", ["mnist_cnn", "resnet20_cifar10", "hybrid_cifar10",
                                   "mobilenet_v1_075", "mobilenet_v1_050_160_qat",
                                   "superres_x3", "yolox_nano", "deeplabv3_dm05_qat"])
def test_trained_models_of_pictures(same_bytes, tmp_path, model):
    """Noise will do for bytes, and needs no program that reads pictures."""
    path = MODELS / f"{model}.onnx"
    image = onnx.load(path, load_external_data=False).graph.input[0]
    shape = [dim.dim_value or 48 for dim in image.type.tensor_type.shape.dim[1:]]
    noise = np.random.default_rng(1).random((2, *shape), np.float32)
    np.savez(tmp_path / "noise.npz", **{image.name: noise})
    same_bytes(path, tmp_path / "noise.npz", "--quantize=w8a8",
               f"--calib={tmp_path / 'noise.npz'}",
               f"--shape={image.name}:1x{'x'.join(map(str, shape))}")
