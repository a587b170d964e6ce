"""Where the programs and the runtime library are."""
from __future__ import annotations

import os
import pathlib
import shutil
import sys
from collections.abc import Iterator


def _prefixes() -> Iterator[pathlib.Path]:
    """Folders that may hold bin/ and lib/, the best first."""
    if chosen := os.environ.get("QUANTIR_BIN"):
        yield pathlib.Path(chosen).resolve().parent
    package = pathlib.Path(__file__).resolve().parent
    yield package
    yield pathlib.Path(sys.prefix)
    for preset in ("dev", "release"):
        yield package.parents[1] / "build" / preset


def _not_found(name: str) -> FileNotFoundError:
    return FileNotFoundError(
        f"{name} was not found; set QUANTIR_BIN to the folder of Quantir's "
        "programs, such as build/dev/bin")


def find_program(name: str) -> str:
    chosen = os.environ.get("QUANTIR_BIN")
    folders = [pathlib.Path(chosen)] if chosen else []
    folders += [prefix / "bin" for prefix in _prefixes()]
    for folder in folders:
        if os.access(folder / name, os.X_OK):
            return str(folder / name)
    if found := shutil.which(name):
        return found
    raise _not_found(name)


def find_library(name: str) -> str:
    for prefix in _prefixes():
        if (prefix / "lib" / name).is_file():
            return str(prefix / "lib" / name)
    raise _not_found(name)
