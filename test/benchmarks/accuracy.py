#!/usr/bin/env python3
"""Accuracy of our int8 artifacts by the model folder's own evaluate.py, with a verdict.

    test/benchmarks/accuracy.py                   # every model of the table
    test/benchmarks/accuracy.py kws_dscnn --limit 200
    test/benchmarks/accuracy.py --scheme=integer  # without any floating point
    test/benchmarks/accuracy.py --scheme=w8a16    # the same, with 16-bit activations
    test/benchmarks/accuracy.py --scheme=none     # the fp32 artifacts against ONNX Runtime

The peers' figures are the columns of the folder's README.md. A model passes when
  agree   is at least ONNX Runtime int8's,
  sqnr    is at most 1 dB under the best of the int8 columns, the dynamic one too,
  metric  is at most 0.5 points under fp32's (mobilenet_v1 1.0, MiniLM 0.005);
the models on which int8 peers fall apart pass when no figure is under the best
int8 column's; decoders of text also when their perplexity is not over it. The exit status counts the models that do not pass.

With --scheme=none it passes when every output of every sample is within 1e-4 of
ONNX Runtime's, relative to it, in the Euclidean norm. The worst element is printed
as a share of the output's range, but not judged: on yolox_nano, which magnifies
rounding errors, one of ONNX Runtime's own is 1.15e-4 from arithmetic in double.
"""
import argparse
import json
import re
import sys

import numpy as np

import artifact
import zoo

TOLERANCE = {"mobilenet_v1_075": 0.010}  # of the metric, against fp32
DEFAULT_TOLERANCE = 0.005
ROUNDING = {"sqnr": 0.05, "psnr_db": 0.005}  # half a unit of what README.md prints
DEFAULT_ROUNDING = 5e-5
INT8_COLUMNS = ("ort int8", "ort dyn", "nncf int8")


def published(folder):
    """README.md's scores: model -> column -> figure name -> number."""
    text = (folder / "README.md").read_text()
    table = re.search(r"^## Scores\n+(\|.*?)\n\n", text, re.M | re.S).group(1)
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")]
                      for line in table.splitlines()]
    figure = re.compile(r"([\w@.]+?) (-?\d+(?:\.\d+)?)(?= dB|,|$| \()")
    return {row[0]: {column: {name: float(number)
                              for name, number in figure.findall(cell)}
                     for column, cell in zip(head[1:], row[1:])}
            for row in rows}


def verdicts(name, ours, peers):
    """Figure -> (ours, the least that passes)."""
    ours = {key.replace("sqnr_db", "sqnr"): value for key, value in ours.items()}
    int8 = [peers.get(column, {}) for column in INT8_COLUMNS]
    metric = next(iter(ours))
    least = {}

    def best(figure, columns):
        known = [column[figure] for column in columns if figure in column]
        return max(known) - ROUNDING.get(figure, DEFAULT_ROUNDING) if known else None

    if name in zoo.HARD:
        for figure in ("hit_rate", "top1", "psnr_db", "agree", "det_f1_vs_ref", "sqnr"):
            least[figure] = best(figure, int8)
    else:
        tolerance = TOLERANCE.get(name, DEFAULT_TOLERANCE)
        least[metric] = best(metric, [peers["float"]]) - tolerance
        least["agree"] = best("agree", int8[:1])
        sqnr = best("sqnr", int8)
        least["sqnr"] = sqnr and sqnr - 1
    found = {figure: (ours[figure], floor) for figure, floor in least.items()
             if figure in ours and floor is not None}
    if name in zoo.DECODERS:  # where less is better, both have a minus
        others = [column["perplexity"] for column in int8 if "perplexity" in column]
        limit = min(others) + 0.005 if others else peers["float"]["perplexity"] * 1.01
        found["-perplexity"] = (-ours["perplexity(lower)"], -limit)
    return found


def score(options, model, path):
    """evaluate.py's figures of the artifact at `path`, against the float model."""
    evaluate = zoo.evaluation(options.models)
    runner = artifact.Runner(options, path, model)
    reference = evaluate.OrtRunner(str(model.path))
    return evaluate.score(model.task, runner, ref=reference, limit=options.limit)


def difference(options, model, path):
    """How far the artifact is from ONNX Runtime, at most over outputs and samples:
    in the norm, and the worst element as a share of the output's range."""
    evaluate = zoo.evaluation(options.models)
    feeds = model.calibration()[:options.limit or 16]
    ours = artifact.Runner(options, path, model).many(feeds)
    reference = evaluate.OrtRunner(str(model.path))
    norm = element = 0.0
    for feed, outputs in zip(feeds, ours):
        for mine, theirs in zip(outputs, reference(feed)):
            theirs = theirs.astype(np.float64)
            error = mine - theirs
            norm = max(norm, np.linalg.norm(error) / max(np.linalg.norm(theirs), 1e-30))
            element = max(element, np.abs(error).max() / max(np.abs(theirs).max(), 1e-30))
    return {"relative": float(norm), "worst_element": float(element)}


def judge(options, model, peers):
    """One line for `model`, its figures, and whether it passes."""
    path = artifact.compile_model(options, model, options.scheme)
    if options.scheme == "none":
        far = difference(options, model, path)
        line = "relative difference {relative:.1e}, worst element {worst_element:.1e}"
        return line.format(**far), far, far["relative"] <= 1e-4
    figures = score(options, model, path)
    checks = verdicts(model.name, figures, peers)
    cells = [f"{figure} {value:.4f} (least {floor:.4f}){'' if value >= floor else ' FAILS'}"
             for figure, (value, floor) in checks.items()]
    passes = all(value >= floor for value, floor in checks.values())
    return ", ".join(cells), figures | {"bytes": path.stat().st_size}, passes


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    zoo.add_options(parser)
    parser.add_argument("--scheme", default="w8a8", choices=artifact.SCHEMES,
                        help="how the artifacts compute")
    parser.add_argument("--limit", type=int, default=0, help="samples, spread evenly")
    options = parser.parse_args()
    if options.models is None:
        sys.exit("needs a folder of models: --models or QUANTIR_MODELS")
    columns = published(options.models)
    results, failed = {}, 0
    for model in zoo.models(options, [*zoo.KEPT, *zoo.HARD, *zoo.DECODERS]):
        try:
            line, figures, passes = judge(options, model, columns.get(model.name, {}))
        except Exception as error:  # the other models still get their verdict
            line, figures, passes = f"{type(error).__name__}: {error}", {}, False
        print(f"{'pass' if passes else 'FAIL'} {model.name:18} {line}", flush=True)
        results[model.name] = {"passes": passes, **figures}
        failed += not passes
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
