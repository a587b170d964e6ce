"""quant-run on a library written by hand: y = 2 * x, float32 4x256."""
import json
import os
import pathlib
import subprocess

import numpy as np
import onnx
import pytest

BUILD = pathlib.Path(os.environ.get("QUANTIR_BUILD_DIR", "build/dev"))
MODEL = BUILD / "lib" / "hand_written_NONE.so"
GPU_MODEL = BUILD / "lib" / "hand_written_GPU.so"


def quant_run(*arguments, status=0):
    done = subprocess.run([BUILD / "bin" / "quant-run", *map(str, arguments)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def pictures():
    return np.random.default_rng(0).normal(size=(4, 256)).astype(np.float32)


@pytest.fixture
def vulkan():
    """Skips where no Vulkan device is."""
    done = subprocess.run([BUILD / "bin" / "quant-run", GPU_MODEL, "--device=vulkan"],
                          capture_output=True, text=True, timeout=60)
    if done.returncode != 0 and "Vulkan" in done.stderr:
        pytest.skip(done.stderr)


def save_test_set(folder, x, y):
    folder.mkdir()
    for name, array in {"input_0.pb": x, "output_0.pb": y}.items():
        tensor = onnx.numpy_helper.from_array(array, name="xy"[name < "j"])
        (folder / name).write_bytes(tensor.SerializeToString())


def test_describes_the_model():
    text = quant_run(MODEL)
    assert "input x: float32 4x256\noutput y: float32 4x256\n" in text


def test_runs_one_sample(tmp_path, pictures):
    np.savez(tmp_path / "x.npz", x=pictures)
    quant_run(MODEL, f"--input={tmp_path}/x.npz", f"--output={tmp_path}/y.npz")
    assert np.array_equal(np.load(tmp_path / "y.npz")["y"], 2 * pictures)


@pytest.mark.parametrize("threads", [1, 3])
def test_runs_every_sample(tmp_path, pictures, threads):
    x = np.concatenate([pictures, pictures + 1, pictures - 7])
    np.savez_compressed(tmp_path / "x.npz", x=x)
    quant_run(MODEL, f"--input={tmp_path}/x.npz", f"--output={tmp_path}/y.npz",
              f"--num_threads={threads}")
    assert np.array_equal(np.load(tmp_path / "y.npz")["y"], 2 * x)


def test_compares_with_test_data(tmp_path, pictures):
    save_test_set(tmp_path / "test_data_set_0", pictures, 2 * pictures)
    text = quant_run(MODEL, f"--test-data={tmp_path}/test_data_set_0")
    assert text == "test_data_set_0: y: same, largest error 0.000E+00\n"


def test_difference_is_status_3(tmp_path, pictures):
    wrong = 2 * pictures
    wrong[1, 44] += 1
    save_test_set(tmp_path / "test_data_set_0", pictures, 2 * pictures)
    save_test_set(tmp_path / "test_data_set_1", pictures, wrong)
    text = quant_run(MODEL, f"--test-data={tmp_path}", status=3)
    assert "test_data_set_0: y: same" in text
    assert "test_data_set_1: y: DIFFERENT" in text
    assert "1 of 1024 elements, the first at 300" in text
    quant_run(MODEL, f"--test-data={tmp_path}", "--atol=1.1")


def test_benchmark_writes_json(tmp_path):
    text = quant_run(MODEL, "--benchmark", "--num_runs=7", "--warmup_runs=1",
                     "--num_threads=2", f"--json={tmp_path}/times.json")
    assert "(7 runs, 2 threads)" in text
    times = json.loads((tmp_path / "times.json").read_text())
    assert 0 < times["min_ms"] <= times["median_ms"] <= times["p90_ms"]
    assert (times["runs"], times["threads"]) == (7, 2)


def test_profile_times_every_step_of_every_run(tmp_path):
    text = quant_run(MODEL, "--profile", f"{tmp_path}/trace.json", "--num_runs=3",
                     "--peak=100")
    assert "% peak" in text
    assert "twice: 1 steps" in text and "0 double: twice" in text
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert [event["cat"] for event in events] == ["run", "step"] * 3
    for run, step in zip(events[::2], events[1::2]):
        assert step["args"]["macs"] == 1024 and step["args"]["bytes"] == 8192
        assert step["args"]["nodes"] == "twice" and step["ph"] == "X"
        assert run["ts"] <= step["ts"] and step["dur"] <= run["dur"]
        rate = step["args"]["gmacs_per_s"]
        assert rate * step["dur"] == pytest.approx(1.024, rel=1e-3)


def test_runs_on_a_gpu(tmp_path, pictures, vulkan):
    np.savez(tmp_path / "x.npz", x=np.concatenate([pictures, -pictures]))
    quant_run(GPU_MODEL, "--device=vulkan", f"--input={tmp_path}/x.npz",
              f"--output={tmp_path}/y.npz", f"--gpu-cache={tmp_path}/cache")
    y = np.load(tmp_path / "y.npz")["y"]
    assert np.array_equal(y, 2 * np.concatenate([pictures, -pictures]))
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_times_a_gpu(tmp_path, vulkan):
    text = quant_run(GPU_MODEL, "--device=vulkan", "--benchmark", "--num_runs=3",
                     f"--json={tmp_path}/times.json", f"--profile={tmp_path}/trace.json")
    device = json.loads((tmp_path / "times.json").read_text())["device"]
    assert device != "cpu" and f"(3 runs, {device})" in text
    assert "twice: 1 steps" in text
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert [event["cat"] for event in events] == ["run", "step"] * 3


def test_falls_back_with_a_warning():
    text = quant_run(MODEL, "--device=auto", "--benchmark", "--num_runs=1")
    assert "quant-run: warning: it runs on the processor: 'twice' has no code" in text
    assert "(1 runs, 1 thread)" in text


def test_no_device_is_status_1():
    assert "no code for GPUs" in quant_run(MODEL, "--device=vulkan", status=1)
    assert "there is no device 'tpu'" in quant_run(MODEL, "--device=tpu", status=1)


def test_profile_knows_the_work_of_a_compiled_model(small, quant_compile, tmp_path):
    quant_compile(small / "small.onnx", "-o", tmp_path / "small.so")
    quant_run(tmp_path / "small.so", "--profile", f"{tmp_path}/trace.json", "--num_runs=1")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    macs = {event["args"]["nodes"]: event["args"]["macs"] for event in events[1:]
            if event["args"]["macs"]}
    assert sorted(macs.values()) == [8 * 5, 8 * 9 * 16, 8 * 2 * 9 * 36]
    assert any("conv1" in nodes and "relu1" in nodes for nodes in macs)


def test_wrong_data_is_status_1_and_leaves_no_output(tmp_path):
    np.savez(tmp_path / "x.npz", z=np.zeros((4, 256), np.float32))
    text = quant_run(MODEL, f"--input={tmp_path}/x.npz",
                     f"--output={tmp_path}/y.npz", status=1)
    assert "quant-run: error: " in text and "'x'" in text
    assert [f.name for f in tmp_path.iterdir()] == ["x.npz"]


def test_no_model_is_status_1(tmp_path):
    assert "cannot load" in quant_run(tmp_path / "none.so", status=1)


def test_unwritable_output_is_status_4(tmp_path, pictures):
    np.savez(tmp_path / "x.npz", x=pictures)
    quant_run(MODEL, f"--input={tmp_path}/x.npz",
              f"--output={tmp_path}/none/y.npz", status=4)


@pytest.mark.parametrize("flags, complaint", [
    ([], "name the compiled model"),
    ([MODEL, "--num_threads=0"], "--num_threads must be at least 1"),
    ([MODEL, "--output=y.npz"], "--output needs --input"),
    ([MODEL, "--peak=100"], "--peak needs --profile"),
    ([MODEL, "--no-such-flag"], "no-such-flag"),
])
def test_wrong_use_is_status_2(flags, complaint):
    assert complaint in quant_run(*flags, status=2)
