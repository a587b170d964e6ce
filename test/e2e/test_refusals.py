"""What is refused: exit 1, one error that names the culprit, no output file."""
import pathlib
import re
import resource
import signal
import subprocess
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper


def test_unsupported_operator(refused, digits, tmp_path):
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4])
            for name in "xy")
    node = helper.make_node("Frobnicate", ["x"], ["y"], name="enc/frob")
    model = helper.make_model(helper.make_graph([node], "g", [x], [y]),
                              opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, tmp_path / "model.onnx")
    np.savez(tmp_path / "c.npz", x=np.ones((1, 4), "f"))
    error = refused(tmp_path / "model.onnx", tmp_path / "c.npz")
    assert "Frobnicate" in error and "enc/frob" in error and "17" in error


@pytest.mark.parametrize("part", [0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_truncated_file(refused, digits, tmp_path, part):
    whole = (digits / "digits.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[:int(len(whole) * part)])
    assert "cut.onnx: error: " in refused(tmp_path / "cut.onnx", digits / "calib.npz")


def test_nan_in_a_weight(refused, small, tmp_path):
    model = onnx.load(small / "small.onnx")
    weight = numpy_helper.to_array(model.graph.initializer[0]).copy()
    weight[0, 1, 0, 0] = np.nan
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weight, "w1"))
    onnx.save(model, tmp_path / "nan.onnx")
    error = refused(tmp_path / "nan.onnx", small / "all.npz")
    assert "nan.onnx: 'w1': error: holds NaN at element 9" in error


def test_no_calibration_data(refused):
    assert "--calib" in refused()


@pytest.fixture
def ends(quant_compile, small, tmp_path):
    """Compiles the small model with `options`, which must end with `status`; the errors.
    Nothing may be written but what is named."""

    def compile_and_fail(*options, status=1, output=tmp_path / "out.so", model="small.onnx"):
        before = sorted(tmp_path.rglob("*"))
        done = quant_compile(small / model, "-o", output, *options, status=status)
        assert sorted(tmp_path.rglob("*")) == before, "left a file behind"
        return [line for line in done.stderr.splitlines() if "error:" in line]

    return compile_and_fail


def w8a8(small):
    return ["--quantize=w8a8", f"--calib={small / 'all.npz'}"]


def test_absent_model(ends):
    error, = ends(model="absent.onnx")
    assert "absent.onnx" in error and "No such file" in error


def test_folder_as_model(ends):
    error, = ends(model=".")
    assert "not a regular file" in error


def test_shape_of_an_unknown_input(ends):
    error, = ends("--shape=z:1x2x6x6")
    assert "'z'" in error and "'x'" in error


def test_shape_that_does_not_fit(ends):
    error, = ends("--shape=x:1x3x6x6")
    assert "conv1" in error


def test_no_elements(ends):
    into, out = ends("--shape=x:0x2x6x6")
    assert "input 'x' has no elements: its shape is 0x2x6x6" in into and "--shape" in into
    assert "output 'y' has no elements: its shape is 0x5" in out


@pytest.mark.parametrize("flag", ["--ignore", "--only"])
def test_nodes_that_are_not_there(ends, small, flag):
    one, two = ends(*w8a8(small), f"{flag}=conv3", f"{flag}=conv1", f"{flag}=blob")
    assert f"{flag}=conv3 matches no node" in one and "'conv1'" in one
    assert f"{flag}=blob matches no node" in two


def test_statistics_of_another_model(quant_compile, ends, small, tmp_path):
    saved = tmp_path / "other.stats"
    quant_compile(small / "other.onnx", *w8a8(small), f"--calib-stats-out={saved}",
                  "-o", tmp_path / "other.so")
    error, = ends("--quantize=w8a8", f"--calib-stats-in={saved}")
    assert "other.stats" in error and "another model" in error and "--calib" in error


def test_damaged_statistics(ends, small, tmp_path):
    (tmp_path / "bad.stats").write_bytes(b"QTRSTAT\x01" + bytes(100))
    error, = ends("--quantize=w8a8", f"--calib-stats-in={tmp_path / 'bad.stats'}")
    assert "bad.stats" in error and "--calib-stats-out" in error


@pytest.mark.parametrize("option", ["-o", "--calib-stats-out="])
def test_folder_that_is_not_there(ends, small, tmp_path, option):
    path = tmp_path / "absent" / "out.so"
    if option == "-o":
        error, = ends(*w8a8(small), output=path, status=4)
    else:
        error, = ends(*w8a8(small), f"{option}{path}", status=4)
    assert f"cannot write '{path}': No such file or directory" in error


def test_folder_as_output(ends, small, tmp_path):
    (tmp_path / "folder.so").mkdir()
    error, = ends(output=tmp_path / "folder.so", status=4)
    assert "folder.so" in error and "directory" in error


def test_full_disk(ends):
    error, = ends("--compile-to=import", output="/dev/full/x", status=4)
    assert "/dev/full/x" in error


def test_output_over_the_input(ends, small):
    whole = (small / "small.onnx").read_bytes()
    error, = ends("--compile-to=import", output=small / "small.onnx")
    assert "small.onnx is an input" in error
    assert (small / "small.onnx").read_bytes() == whole


def test_devices_stay_devices(quant_compile, small, tmp_path):
    """Not even root's /dev/null becomes a file."""
    for name in ["null", "null.stats"]:
        (tmp_path / name).symlink_to("/dev/null")
    quant_compile(small / "small.onnx", *w8a8(small), "--compile-to=quantize",
                  f"--calib-stats-out={tmp_path / 'null.stats'}", "-o", tmp_path / "null")
    assert all(path.is_symlink() for path in tmp_path.iterdir())


@pytest.mark.parametrize("options, words", [
    (["--quantize=w3a1"], "w3a1"),
    (["--calib-method=best"], "best"),
    (["--target=pdp11"], "pdp11"),
    (["--mcpu=i860"], "i860"),
    (["--mattr=+warp"], "warp"),
    (["-O7"], "7"),
    (["--shape=x:1x2x6xN"], "'N'"),
    (["--ignore=("], "--ignore=( is not a regular expression"),
    (["-Rpass=["], "-Rpass=[ is not a regular expression"),
    (["--compile-to=never"], "never"),
    (["--emit=asm", "--compile-to=fuse"], "exclude each other"),
    (["--no-such-flag"], "no-such-flag"),
])
def test_wrong_use(quant_compile, small, tmp_path, options, words):
    done = quant_compile(small / "small.onnx", "-o", tmp_path / "out.so", *options, status=2)
    assert words in done.stderr
    assert not list(tmp_path.iterdir())


def test_output_of_unknown_kind(ends, tmp_path):
    error, = ends(output=tmp_path / "out.dll", status=2)
    assert "out.dll" in error and ".so" in error


def test_no_output(quant_compile, small):
    assert "give -o" in quant_compile(small / "small.onnx", status=2).stderr


def test_data_without_a_scheme_is_no_silent_float(quant_compile, small, tmp_path):
    done = quant_compile(small / "small.onnx", f"--calib={small / 'all.npz'}",
                         "-o", tmp_path / "out.so")
    assert "--calib has no effect without --quantize=w8a8" in done.stderr


def wait_until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_fault_of_ours_is_status_70(quant_opt):
    with subprocess.Popen([quant_opt.program], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        status = pathlib.Path(f"/proc/{process.pid}/status")
        caught = lambda text: int(re.search(r"SigCgt:\s*(\w+)", text)[1], 16)
        # It waits for its input: nothing is half done.
        ready = lambda text: "State:\tS" in text and caught(text) >> (signal.SIGSEGV - 1) & 1
        wait_until(lambda: ready(status.read_text()))
        process.send_signal(signal.SIGSEGV)
        assert "fault of Quantir" in process.stderr.read()
        assert process.wait() == 70


@pytest.mark.parametrize("megabytes", [340, 380, 500])
def test_little_memory_is_no_crash(quant_compile, small, tmp_path, megabytes):
    """Threads that the system does not give are done without; the rest is status 4."""
    if "asan" in str(quant_compile.program):
        pytest.skip("the sanitizer's own memory is terabytes")
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    done = subprocess.run([quant_compile.program, small / "small.onnx", *w8a8(small),
                           "-o", tmp_path / "out.so"], preexec_fn=limit,
                          capture_output=True, text=True)
    assert done.returncode in [0, 4, 70, 127], done.stderr  # 127: the system's loader gave up
