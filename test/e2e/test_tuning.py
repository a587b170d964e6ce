"""Tiles from a file and timed ones: other code, the same bytes."""
import json
import re

import numpy as np
import pytest

TILE = re.compile(r'quantir.contraction = "([^"]+)", quantir.tile = "([^"]+)"')


@pytest.fixture(scope="module")
def quantized(quant_compile, small, tmp_path_factory):
    """Flags that quantize the small model; it is calibrated once."""
    path = tmp_path_factory.mktemp("tuning") / "small.stats"
    model = [small / "small.onnx", "--quantize=w8a8"]
    quant_compile(*model, f"--calib={small / 'all.npz'}", f"--calib-stats-out={path}",
                  "--compile-to=quantize", "-o", "/dev/null")
    return [*model, f"--calib-stats-in={path}"]


@pytest.fixture
def tiles(quant_compile, quantized):
    """The tiles by contraction that a compilation with some options uses."""

    def compile_and_read(*options):
        text = quant_compile(*quantized, "--compile-to=linalg", *options).stdout
        return dict(TILE.findall(text))

    return compile_and_read


@pytest.fixture
def outputs(quant_compile, quant_run, quantized, small, tmp_path):
    """What the model computes when it is compiled with some options."""

    def compile_and_run(*options):
        library, out = tmp_path / "net.so", tmp_path / "out.npz"
        quant_compile(*quantized, *options, "-o", library)
        quant_run(library, f"--input={small / 'all.npz'}", f"--output={out}")
        return np.load(out)["y"].tobytes()

    return compile_and_run


@pytest.fixture
def tuned(quant_compile, quantized, tmp_path):
    """A file of timed tiles, and its content."""
    path = tmp_path / "tiles.json"
    quant_compile(*quantized, f"--tune={path}", "--tune-time=0", "-o", tmp_path / "x.so")
    return path, json.loads(path.read_text())


def test_a_file_changes_code_and_no_byte(tiles, outputs, tuned, tmp_path):
    path, content = tuned
    for entry in content["targets"][0]["tiles"]:
        assert entry["nanoseconds"] > 0
        entry["tile"] = "1x1 rows outside"
    path.write_text(json.dumps(content))
    before, after = tiles(), tiles(f"--tuning={path}")
    assert before.keys() == after.keys() and len(before) == 2
    assert set(after.values()) == {"1x1 rows outside"} != set(before.values())
    assert outputs() == outputs(f"--tuning={path}")


def test_tuning_times_candidates(quant_compile, quantized, outputs, tmp_path):
    path = tmp_path / "tiles.json"
    remarks = quant_compile(*quantized, f"--tune={path}", "--tune-time=3", "--explain",
                            "-o", tmp_path / "x.so").stderr
    said = re.findall(r"'(u8s8[^']+)' takes [0-9.]+ us in tiles of ", remarks)
    entries = json.loads(path.read_text())["targets"][0]["tiles"]
    assert sorted(said) == sorted(entry["contraction"] for entry in entries)
    assert all(entry["nanoseconds"] <= entry["model_nanoseconds"] for entry in entries)
    assert outputs() == outputs(f"--tuning={path}")


def test_a_file_serves_several_models(quant_compile, tuned, small, tmp_path):
    path, content = tuned
    quant_compile(small / "small.onnx", f"--tune={path}", "--tune-time=0", "-o",
                  tmp_path / "float.so")
    both = json.loads(path.read_text())["targets"]
    assert len(both) == 1
    names = {entry["contraction"].split()[0] for entry in both[0]["tiles"]}
    assert "f32" in names and len(names) == 2
    assert len(both[0]["tiles"]) > len(content["targets"][0]["tiles"])


def test_times_decide_what_is_quantized(quant_compile, quantized, small, tuned, tmp_path):
    path, _ = tuned
    library = tmp_path / "x.so"
    quant_compile(small / "small.onnx", f"--tune={path}", "--tune-time=0", "-o", library)
    content = json.loads(path.read_text())
    for entry in content["targets"][0]["tiles"]:
        entry["nanoseconds"] = 1000 if entry["contraction"].startswith("f32") else 3000
    path.write_text(json.dumps(content))

    def kept(*options):
        said = quant_compile(*quantized, *options, "-Rpass-missed=quantize", "-o", library).stderr
        return [line for line in said.splitlines() if "codes would be slower on" in line]

    assert kept() == kept(f"--tuning={path}", "--never-slower=no") == []
    lines = kept(f"--tuning={path}")
    assert ["conv1" in lines[0], "head" in lines[1]] == [True, True] and len(lines) == 2
    assert all("3.00 us instead of 1.00 in f32, as measured" in line for line in lines)


@pytest.mark.parametrize("text, part", [
    ("", "EOF"), ('{"quantir_tuning": 2, "targets": []}', "version 2"),
    ('{"quantir_tuning": 1, "targets": []}', "has no choices for")])
def test_other_files_are_refused(quant_compile, quantized, tmp_path, text, part):
    path = tmp_path / "tiles.json"
    path.write_text(text)
    done = quant_compile(*quantized, f"--tuning={path}", "-o", tmp_path / "x.so", status=1)
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    assert len(errors) == 1
    assert str(path) in errors[0] and part in errors[0] and "--tune=" in errors[0]
    assert not list(tmp_path.glob("x*"))


def test_a_tile_without_registers_is_refused(quant_compile, quantized, tuned, tmp_path):
    path, content = tuned
    entry = content["targets"][0]["tiles"][0]
    entry["tile"] = "24x4000"
    path.write_text(json.dumps(content))
    done = quant_compile(*quantized, f"--tuning={path}", "-o", tmp_path / "y.so", status=1)
    assert str(path) in done.stderr and entry["contraction"] in done.stderr
    assert "24x4000" in done.stderr and not (tmp_path / "y.so").exists()


def test_only_this_machine_is_tuned(quant_compile, small, tmp_path):
    done = quant_compile(small / "small.onnx", f"--tune={tmp_path / 'f.json'}", "--mcpu=core2",
                         "-o", tmp_path / "x.so", status=1)
    assert "--tune measures this machine" in done.stderr and "core2" in done.stderr
    assert "--tuning=FILE" in done.stderr and not list(tmp_path.glob("*"))
