"""One artifact with code for several processors: each runs the best that it can, and all
compute the interpreter's bytes."""
import re
import subprocess

import bare
import numpy as np
import pytest
from exactness import differences, lacking
from levels import sizes
from test_exactness import Case

X86, ARM = "x86_64-linux-gnu", "aarch64-linux-gnu"
LEVELS = {X86: "x86-64-v3,avx512vnni,x86-64-v2", ARM: "cortex-a76,neoverse-v1,cortex-a53"}
# Processors of qemu, whose best for x86 has AVX2.
CHOSEN = {(X86, "Nehalem"): "x86-64-v2", (X86, "Haswell"): "x86-64-v3",
          (X86, "max"): "x86-64-v3", (ARM, "cortex-a53"): "cortex-a53",
          (ARM, "cortex-a76"): "cortex-a76", (ARM, "max"): "neoverse-v1"}


@pytest.fixture(scope="module", params=[("convolutions", "w8a8"), ("products", "none")],
                ids="-".join)
def case(request, tmp_path_factory, quant_compile, quant_opt):
    return Case(*request.param, tmp_path_factory.mktemp("levels"), quant_compile,
                quant_opt)


@pytest.fixture(scope="module")
def programs(case, quant_compile):
    """By target, a program that needs no library, around the artifact."""
    made = {}
    for triple, levels in LEVELS.items():
        if bare.emulator(triple):
            folder = case.folder / triple
            folder.mkdir()
            quant_compile(case.model, *case.flags, f"--target={triple}",
                          f"--mcpu={levels}", "-o", folder / "model.o")
            made[triple] = bare.link(folder, triple)
    return made


@pytest.mark.parametrize("triple, processor", CHOSEN)
def test_a_processor_runs_its_level(case, programs, triple, processor, monkeypatch):
    if triple not in programs:
        pytest.skip("needs qemu-user and clang")
    log = case.folder / f"{processor}.log"
    monkeypatch.setenv("QEMU_LOG", "in_asm")  # names the functions that run
    monkeypatch.setenv("QEMU_LOG_FILENAME", str(log))
    actual = bare.run(programs[triple], triple, processor, dict(np.load(case.input)),
                      case.expected, samples=2)
    assert differences(case.expected, actual) == []
    ran = set(re.findall(r"^IN: \w+_run\.([\w-]+)$", log.read_text(), re.MULTILINE))
    assert ran == {CHOSEN[triple, processor]}


def test_every_level_runs_natively(case, quant_compile, quant_run, monkeypatch):
    if lacking("haswell"):
        pytest.skip("needs a processor of x86-64-v3")
    library = case.folder / "model.so"
    quant_compile(case.model, *case.flags, f"--target={X86}", f"--mcpu={LEVELS[X86]}",
                  "-o", library)
    best = "x86-64-v3" if lacking("cascadelake") else "avx512vnni"
    assert f" for {best} (" in quant_run(library).stdout
    levels = ["x86-64-v2", "x86-64-v3", best]
    for level in levels:
        monkeypatch.setenv("QUANTIR_LEVEL", level)
        assert f" for {level} (" in quant_run(library).stdout
        out = case.folder / f"{level}.npz"
        quant_run(library, f"--input={case.input}", f"--output={out}", "--num_threads=2")
        assert differences(case.expected, dict(np.load(out))) == []
    monkeypatch.setenv("QUANTIR_LEVEL", "x86-64-v2")
    timed = quant_run(library, "--benchmark", "--num_runs=1", "--level=x86-64-v3").stdout
    assert "level x86-64-v3" in timed
    refused = quant_run(library, "--level=z80", status=1).stderr
    assert "no code for 'z80', only for: avx512vnni, x86-64-v3, x86-64-v2" in refused


@pytest.mark.parametrize("triple", LEVELS)
def test_levels_share_their_weights(triple, case, quant_compile):
    def constants(cpus):
        library = case.folder / "sized.so"
        quant_compile(case.model, *case.flags, f"--target={triple}", f"--mcpu={cpus}",
                      "-o", library)
        return sizes(library)["constants"]

    best = {X86: "avx512vnni", ARM: "neoverse-v1"}[triple]
    assert constants(LEVELS[triple]) < 1.3 * constants(best)


def test_the_artifact_says_so(small, tmp_path, quant_compile):
    """And has no library, no constructor, and one word that is written."""
    quant_compile(small / "small.onnx", f"--target={X86}", f"--mcpu={LEVELS[X86]}", "-o",
                  tmp_path / "m.so")
    assert "avx512vnni, x86-64-v3, x86-64-v2;" in (tmp_path / "m.h").read_text()
    shown = subprocess.run(["readelf", "-dSW", tmp_path / "m.so"], capture_output=True,
                           text=True, check=True).stdout
    assert not re.search("NEEDED|INIT|init_array|IRELATIV", shown)
    quant_compile(small / "small.onnx", f"--target={X86}", f"--mcpu={LEVELS[X86]}", "-o",
                  tmp_path / "m.o")
    sections = subprocess.run(["readelf", "-SW", tmp_path / "m.o"], capture_output=True,
                              text=True, check=True).stdout
    written = re.findall(r"(\.\S+) +\w+ +\S+ +\S+ +(\S+) +\S+ +WA", sections)
    assert [w for w in written if not w[0].startswith(".data.rel.ro")] == [
        (".bss.quantir_chosen_level", "000004")]


@pytest.mark.parametrize("flags, message", [
    (["--mcpu=haswell,nehalem", "--compile-to=linalg"], "is one processor's"),
    (["--mcpu=haswell,nehalem", "--tune=t.json"], "one processor's code")])
def test_refused_lists(flags, message, small, tmp_path, quant_compile):
    done = subprocess.run([quant_compile.program, small / "small.onnx", f"--target={X86}",
                           *flags, "-o", tmp_path / "m.so"], capture_output=True, text=True)
    assert done.returncode in (1, 2) and message in done.stderr
