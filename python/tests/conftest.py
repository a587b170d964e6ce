import os
import pathlib
import stat

import pytest

import quantir

BUILD = pathlib.Path(os.environ.get(
    "QUANTIR_BUILD_DIR", pathlib.Path(__file__).parents[2] / "build" / "dev"))
os.environ.setdefault("QUANTIR_BIN", str(BUILD / "bin"))


@pytest.fixture
def twice_path():
    """y = 2 * x, float32 4x256, written by hand."""
    return BUILD / "lib" / "hand_written_NONE.so"


@pytest.fixture
def gpu_path():
    """The same with a program for GPUs, where there is a Vulkan device."""
    path = BUILD / "lib" / "hand_written_GPU.so"
    try:
        quantir.load(path, device="vulkan")
    except quantir.LoadError as error:
        if "Vulkan" in str(error):
            pytest.skip(str(error))
        raise
    return path


@pytest.fixture
def compiler(tmp_path, monkeypatch, twice_path):
    """Stands in for quant-compile: notes its arguments, keeps what it reads,
    and writes the model above, or fails as `fails` says."""
    folder = tmp_path / "bin"
    folder.mkdir()

    class Compiler:
        notes = folder / "arguments"

        def arguments(self):
            return self.notes.read_text().splitlines()

        def fails(self, message, status):
            self.write(f"echo '{message}' >&2\nexit {status}\n")

        def write(self, body):
            program = folder / "quant-compile"
            program.write_text(f"#!/bin/bash\n{body}")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)

    made = Compiler()
    made.write(f"""printf '%s\\n' "$@" >'{made.notes}'
cp "$1" '{folder}/model'
for flag; do
  [[ $flag != --calib=* ]] || cp "${{flag#*=}}" '{folder}/calib.npz'
done
cp '{twice_path}' "$3"
""")
    made.folder = folder
    monkeypatch.setenv("QUANTIR_BIN", str(folder))
    return made
