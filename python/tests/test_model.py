"""quantir.load and Model.run on a library written by hand: y = 2 * x."""
import threading

import numpy as np
import pytest

import quantir


@pytest.fixture
def twice(twice_path):
    return quantir.load(twice_path)


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(4, 256)).astype(np.float32)


def test_describes_itself(twice):
    assert twice.name == "twice"
    assert twice.inputs == (quantir.Tensor(
        "x", np.dtype(np.float32), (4, 256), None, None), )
    assert [t.name for t in twice.outputs] == ["y"]
    assert twice.arena_size == 4096
    assert twice.quantization == "none"


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_runs(twice, x, threads):
    assert np.array_equal(twice.run({"x": x}, threads=threads)["y"], 2 * x)


def test_one_input_needs_no_name(twice, x):
    assert np.array_equal(twice.run(x)["y"], 2 * x)


def test_input_that_is_not_contiguous(twice, x):
    assert np.array_equal(twice.run(np.asfortranarray(x))["y"], 2 * x)
    assert np.array_equal(twice.run(x[::-1])["y"], 2 * x[::-1])


def test_many_samples_join_along_the_first_dimension(twice, x):
    many = np.concatenate([x, x + 1, x - 3])
    assert np.array_equal(twice.run({"x": many})["y"], 2 * many)
    stacked = many.reshape(3, 4, 256)
    assert np.array_equal(twice.run({"x": stacked})["y"], 2 * many)


def test_no_samples(twice):
    assert twice.run(np.empty((0, 256), np.float32))["y"].shape == (0, 256)


def test_threads_share_a_model(twice, x):
    results = {}

    def work(factor):
        for _ in range(200):
            results[factor] = twice.run(x * factor, threads=2)["y"]

    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for factor, y in results.items():
        assert np.array_equal(y, 2 * (x * factor))


@pytest.mark.parametrize("inputs, error, message", [
    ({}, ValueError, "input 'x' is missing"),
    ({"z": 1}, ValueError, "twice has no input 'z'; its inputs are 'x'"),
    ({"x": np.zeros((4, 256))}, TypeError,
     "input 'x' is float32, but the array is float64"),
    ({"x": np.zeros((4, 255), np.float32)}, ValueError,
     r"input 'x' has shape \(4, 256\), but the array has \(4, 255\)"),
    ({"x": np.zeros((6, 256), np.float32)}, ValueError,
     r"the array has \(6, 256\)"),
])
def test_inputs_that_do_not_fit(twice, inputs, error, message):
    with pytest.raises(error, match=message):
        twice.run(inputs)


def test_threads_below_one(twice, x):
    with pytest.raises(ValueError, match="threads is 0"):
        twice.run(x, threads=0)


def test_what_is_no_model(tmp_path, twice_path):
    with pytest.raises(quantir.LoadError, match="cannot load .*none.so"):
        quantir.load(tmp_path / "none.so")
    other = twice_path.parent / "hand_written_NO_DESCRIPTION.so"
    with pytest.raises(quantir.LoadError, match="not a compiled model"):
        quantir.load(other)


def test_runs_on_a_gpu(gpu_path, x, tmp_path):
    for device in ["vulkan", "vulkan:0"]:
        model = quantir.load(gpu_path, device, gpu_cache=tmp_path / "cache")
        assert model.device != "cpu"
        assert np.array_equal(model.run(x)["y"], 2 * x)
        assert len(list((tmp_path / "cache").iterdir())) == 2


def test_device_that_is_not_there(gpu_path, twice_path):
    with pytest.raises(quantir.LoadError, match="no Vulkan device 63"):
        quantir.load(gpu_path, "vulkan:63")
    with pytest.raises(quantir.LoadError, match="no device 'tpu'"):
        quantir.load(gpu_path, "tpu")
    with pytest.raises(quantir.LoadError, match="has no code for GPUs"):
        quantir.load(twice_path, "vulkan")


def test_auto_warns_when_it_falls_back(twice_path, x):
    with pytest.warns(RuntimeWarning, match="twice runs on the processor"):
        model = quantir.load(twice_path, "auto")
    assert model.device == "cpu"
    assert np.array_equal(model.run(x)["y"], 2 * x)
