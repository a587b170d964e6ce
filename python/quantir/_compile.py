"""quantir.compile: the quant-compile program as a function."""
from __future__ import annotations

import atexit
import logging
import os
import pathlib
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Union

import numpy as np
from numpy.typing import ArrayLike

from ._locate import find_program

if TYPE_CHECKING:
    import onnx

ModelLike = Union[str, "os.PathLike[str]", bytes, "onnx.ModelProto"]
Samples = Union[str, "os.PathLike[str]", Mapping[str, ArrayLike]]
Option = Union[str, int, float, bool, None, Sequence[Union[str, int, float]],
               Mapping[str, Sequence[int]]]

_log = logging.getLogger("quantir")


class CompileError(RuntimeError):
    """The model was refused; the message names the file, the node and the
    remedy. `status` is the program's exit status: 1 refused input, 2 wrong
    option, 3 an assertion not met, 4 input or output failed, 70 internal."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


def _flag(name: str, value: object) -> str:
    if name == "O":
        return f"-O{value}"
    flag = "--" + name.replace("_", "-")
    return flag if value is True else f"{flag}={value}"


def _flags(options: Mapping[str, Option]) -> Iterator[str]:
    """`calib_method="mse"` is --calib-method=mse, `O=3` is -O3, True a bare
    flag, None and False nothing, a list one flag for each entry, and
    `shape={"x": (1, 3)}` is --shape=x:1x3."""
    for name, value in options.items():
        if value is None or value is False:
            continue
        if isinstance(value, Mapping):
            for key, sizes in value.items():
                yield _flag(name, f"{key}:" + "x".join(map(str, sizes)))
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for entry in value:
                yield _flag(name, entry)
        else:
            yield _flag(name, value)


def _temporary_folder() -> pathlib.Path:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="quantir-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _as_model_file(model: ModelLike, folder: pathlib.Path) -> pathlib.Path:
    if isinstance(model, (str, os.PathLike)):
        return pathlib.Path(model)
    path = folder / "model.onnx"
    path.write_bytes(
        model if isinstance(model, bytes) else model.SerializeToString())
    return path


def _as_sample_file(calib: Samples, folder: pathlib.Path) -> pathlib.Path:
    if isinstance(calib, (str, os.PathLike)):
        return pathlib.Path(calib)
    path = folder / "calib.npz"
    with zipfile.ZipFile(path, "w") as file:  # savez refuses some names
        for name, array in calib.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array),
                                          allow_pickle=False)
    return path


def compile(model: ModelLike, output: str | os.PathLike[str] | None = None, *,
            quantize: str | None = None, calib: Samples | None = None,
            **options: Option) -> pathlib.Path:
    """Compiles `model` (a path, the bytes of an ONNX file or an
    onnx.ModelProto) to `output` and returns its path.

    The ending of `output` (.so, .o, .a) says what is written; a C header comes
    with it. Without `output` the library is a temporary file that goes away
    with this process. `calib` are the samples static schemes need: a path, or
    arrays by input name. Other options are those of quant-compile, with
    underscores: `O=3`, `mcpu="host"`, `calib_method="minmax"`, `gpu="vulkan"`.

    Raises CompileError when the model, the data or an option is refused."""
    program = find_program("quant-compile")
    if output is None:
        output = _temporary_folder() / "model.so"
    with tempfile.TemporaryDirectory(prefix="quantir-") as name:
        scratch = pathlib.Path(name)
        command = [program, os.fspath(_as_model_file(model, scratch)), "-o",
                   os.fspath(output)]
        if quantize is not None:
            command.append(_flag("quantize", quantize))
        if calib is not None:
            command.append(_flag("calib", _as_sample_file(calib, scratch)))
        done = subprocess.run([*command, *_flags(options)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise CompileError(
            done.stderr.strip() or
            f"quant-compile ended with status {done.returncode}",
            done.returncode)
    for line in (done.stdout + done.stderr).splitlines():
        _log.info("%s", line)
    return pathlib.Path(output)
