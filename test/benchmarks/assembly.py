#!/usr/bin/env python3
"""The innermost loops of assembly, as AArch64 and AT&T's x86 have it.

    quant-compile net.onnx --emit=asm | test/benchmarks/assembly.py

prints those that multiply: the function, how many instructions of each name, most
frequent first, and whether any touches the stack.
"""
import collections
import dataclasses
import re
import sys


class Instruction:
    """A line of assembly, as AArch64's and AT&T's syntax have it."""

    def __init__(self, text):
        self.text = text = re.sub(r"^\{\w+\}\s*", "", text)  # such as {vex}
        self.name, _, self.operands = text.partition("\t") if "\t" in text else \
            text.partition(" ")
        self.bits = max([{"x": 128, "y": 256, "z": 512}[kind]
                         for kind in re.findall(r"%([xyz])mm", text)], default=0)

    @property
    def touches_memory(self):
        return "[" in self.operands or "(" in self.operands

    @property
    def touches_stack(self):
        return bool(re.search(r"\[sp|\(%rsp", self.operands))

    @property
    def loads(self):
        return bool(re.match(r"ld|v?p?mov|vbroadcast|vpbroadcast", self.name)
                    and self.touches_memory)

    @property
    def lanes(self):
        """Of AArch64's first operand: how many, and their bits."""
        found = re.search(r"\.(\d+)([bhsd])", f"{self.name} {self.operands}")
        if not found:
            return 1, 32
        return int(found[1]), {"b": 8, "h": 16, "s": 32, "d": 64}[found[2]]

    def macs(self):
        """Products that it adds up."""
        lanes, _ = self.lanes
        name = self.name
        if re.fullmatch(r"(su?|us?)dot|bfdot", name):
            return lanes * (2 if name == "bfdot" else 4)
        if re.fullmatch(r"(s|u|us)mmla", name):
            return 32
        if name == "bfmmla":
            return 16
        if re.fullmatch(r"(s|u)ml[as]l2?|(s|u)mull2?|fml[as]|ml[as]|bfmlal[bt]|fmlal2?",
                        name):
            return lanes
        if re.fullmatch(r"fmadd", name):
            return 1
        if re.fullmatch(r"\{?v?pdpbusds?|v?pmaddubsw", name):
            return self.bits // 8
        if re.fullmatch(r"v?pmaddwd|vdpbf16ps", name):
            return self.bits // 16
        if re.fullmatch(r"vf(n)?madd\d+ps", name):
            return self.bits // 32
        if name == "tdpbusd":
            return 16 * 16 * 64
        return 0

    def adds_sums(self):
        """Whether it is the rest of a step whose products another instruction made."""
        return bool(re.fullmatch(r"[su]adalp|[su]addw2?|v?paddd", self.name))


@dataclasses.dataclass
class Loop:
    instructions: list[Instruction]

    def __str__(self):
        counts = collections.Counter(i.name for i in self.instructions)
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        spills = self.kinds()[3]
        return (", ".join(f"{count} {name}" for name, count in ordered)
                + (f"; {spills} on the stack" if spills else "; no spill"))

    def macs(self):
        # Pairs of vpmaddubsw are summed by vpmaddwd with ones.
        return sum(i.macs() for i in self.instructions if not self._sums_pairs(i))

    def _sums_pairs(self, instruction):
        return instruction.name.endswith("pmaddwd") and any(
            other.name.endswith("pmaddubsw") for other in self.instructions)

    def step(self):
        """The instructions that multiply or add."""
        return [i for i in self.instructions if i.macs() or i.adds_sums()]

    def kinds(self):
        """Numbers of instructions: dot, load, other, spills."""
        step = self.step()
        loads = [i for i in self.instructions if i.loads]
        spills = [i for i in self.instructions if i.touches_stack]
        others = [i for i in self.instructions if i not in step and i not in loads]
        return len(step), len(loads), len(others), len(spills)


def innermost_loops(assembly):
    """All of them: from a label to a branch back to it, without such a loop inside."""
    lines = [re.split(r"(?:^|\s)(?://|#(?= |$|#))", line.strip())[0].strip()
             for line in assembly.splitlines()]
    labels, loops = {}, []
    for at, line in enumerate(lines):
        if found := re.match(r"([.\w$]+):", line):
            labels[found[1]] = at
        elif found := re.match(r"(?:b\.?\w*|cbn?z|tbn?z|j\w+)\s.*?([.\w$]+)$", line):
            if found[1] in labels:
                loops.append((labels[found[1]], at))
    return [Loop([Instruction(line) for line in lines[begin:end + 1]
                  if line and not line.startswith(".") and not line.endswith(":")])
            for begin, end in loops
            if not any(begin <= b and e < end or begin < b and e <= end for b, e in loops)]


def functions(assembly):
    """Each with its name."""
    parts = re.split(r"(?m)^([A-Za-z_][\w$]*):", assembly)
    return zip(parts[1::2], parts[2::2])


def main():
    for function, text in functions(sys.stdin.read()):
        for loop in innermost_loops(text):
            if loop.macs():
                print(f"{function}: {loop}")


if __name__ == "__main__":
    main()
