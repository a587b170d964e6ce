"""The tools as a user calls them."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTIR_BUILD_DIR", ROOT / "build" / "dev"))


class Tool:
    """Calls a program; one that does not exit as expected fails the test with its words."""

    def __init__(self, name):
        self.program = BUILD / "bin" / name

    def __call__(self, *arguments, status=0):
        done = subprocess.run([self.program, *map(str, arguments)],
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == status, f"exit {done.returncode}:\n{done.stderr}"
        return done


@pytest.fixture(scope="session")
def quant_compile():
    return Tool("quant-compile")


@pytest.fixture(scope="session")
def quant_run():
    return Tool("quant-run")


@pytest.fixture(scope="session")
def quant_opt():
    return Tool("quant-opt")


@pytest.fixture(scope="session")
def digits():
    """The folder of the shipped model."""
    return ROOT / "test" / "models" / "digits"
