"""Imports the models of a test file and prints what quant-compile says of each.

A test file holds models in ONNX's text form, each after a line `=== name [flags]`;
what stands before the first is the test's own. Usage: import-text.py FILE FOLDER
"""
import os
import pathlib
import re
import subprocess
import sys

import onnx.parser

text = pathlib.Path(sys.argv[1]).read_text()
folder = pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
os.chdir(folder)
sections = re.split(r"^=== (.*)\n", text, flags=re.M)[1:]
for title, body in zip(sections[::2], sections[1::2]):
    name, *flags = title.split()
    source = "\n".join(line for line in body.splitlines() if not line.startswith("#"))
    onnx.save(onnx.parser.parse_model(source), f"{name}.onnx")
    result = subprocess.run(["quant-compile", f"{name}.onnx", "--compile-to=onnx", *flags],
                            capture_output=True, text=True)
    print(f"=== {name}: {result.returncode}")
    print(result.stderr + result.stdout, flush=True)
