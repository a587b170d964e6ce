import os
import shutil

import lit.formats

config.name = "Quantir"
config.test_format = lit.formats.ShTest()
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "unit", "e2e", "benchmarks"]
config.test_source_root = os.path.dirname(__file__)
# Both runs of the suite may be under way at once: each has its own files.
config.test_exec_root = os.path.join(
    config.quantir_build_dir,
    "test-roundtrip" if os.environ.get("QUANTIR_ROUNDTRIP") else "test")
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.quantir_build_dir, "bin"), config.llvm_tools_dir,
     config.environment["PATH"]])
# lit clears the environment; Python finds its packages as it does outside.
config.environment.update(
    (name, value) for name, value in os.environ.items()
    if name == "HOME" or name.startswith("PYTHON"))
config.substitutions.append(("%python", config.python))
# A capture may not leak past its label, and a prefix nobody uses is a typo.
config.environment["FILECHECK_OPTS"] = (
    "-enable-var-scope -allow-unused-prefixes=false -dump-input=fail")
# QUANTIR_ROUNDTRIP=1 reprints and reparses the IR of every quant-opt test.
roundtrip = " --verify-roundtrip" if os.environ.get("QUANTIR_ROUNDTRIP") else ""
config.substitutions.append((r"\bquant-opt\b", "quant-opt" + roundtrip))
config.substitutions.append(("%llvm_include", config.llvm_include_dir))
config.substitutions.append(("%quantir_source", config.quantir_source_dir))
if shutil.which("spirv-val"):
    config.available_features.add("spirv-val")
