"""The models that the benchmarks run: the shipped one, those of architectures.py with
random weights, and a folder of real ones.

The folder is QUANTIR_MODELS or --models, else ../shared/models beside the
repository when that is there. It holds ONNX files and `evaluate.py`, which knows
each model's data: TASKS, calib_feeds(task), score(task, runner).
"""
import dataclasses
import functools
import importlib.util
import os
import pathlib
import sys
from typing import Callable

import numpy as np

import architectures

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
Feed = dict[str, np.ndarray]  # one sample: arrays by tensor name, first dimension 1

# The table of the first stage: models that int8 must keep, and models on which
# other int8 compilers lose far more than half a point.
KEPT = ["mobilenet_v1_075", "resnet8_cifar10", "resnet20_cifar10",
        "tinyvit_cifar10", "hybrid_cifar10", "mnist_cnn", "kws_dscnn", "minilm"]
HARD = ["magika_v3_3", "superres_x3", "yolox_nano"]
DECODERS = ["stories260k", "stories260k_opset23", "storyllama1m"]
QUANTIZED = ["mobilenet_v1_050_160_qat", "deeplabv3_dm05_qat", "resnet8_cifar10_int8",
             "kws_dscnn_int8"]
# Files of the folder's `qdq`, and the task whose data each takes.
QDQ = {"kws_dscnn_weightonly_int8": "kws_dscnn", "mobilenet_v2_ptq": "mobilenet_v1_075",
       **{f"resnet20_qdq_{form}": "resnet20_cifar10"
          for form in ("s8s8_pertensor", "u8s8_percentile", "u8s8_perchannel",
                       "u8u8_pertensor")}}
# All that quant-compile takes.
ALL = ["digits", *KEPT, *HARD, *DECODERS, *QUANTIZED, *QDQ]
MINILM_TOKENS = 64


@dataclasses.dataclass
class Model:
    name: str
    path: pathlib.Path
    calibration: Callable[[], list[Feed]]
    sample: Callable[[], Feed]
    task: object = None  # of evaluate.py
    batch: int = 1  # first dimension of every sample
    random: bool = False  # weights and samples

    def shape_options(self) -> list[str]:
        """--shape for every input whose shape quant-compile would not choose so."""
        sample = self.sample()
        return [f"--shape={tensor.name}:{'x'.join(map(str, sample[tensor.name].shape))}"
                for tensor in graph_inputs(self.path)
                if self.batch > 1
                or any(not dim.dim_value for dim in tensor.type.tensor_type.shape.dim[1:])]

    def batched(self, batch):
        """The model with samples of `batch` of its own, or None where its first
        dimension is not free."""
        if any(tensor.type.tensor_type.shape.dim[0].dim_value
               for tensor in graph_inputs(self.path)):
            return None

        def calibration():
            feeds = self.calibration()
            return [_stacked([feeds[(first + k) % len(feeds)] for k in range(batch)])
                    for first in range(0, len(feeds), batch)]

        return dataclasses.replace(self, name=f"{self.name}_b{batch}", batch=batch,
                                   calibration=functools.cache(calibration),
                                   sample=lambda: _stacked([self.sample()] * batch))


def add_options(parser):
    parser.add_argument("names", nargs="*", help="models; all when none is named")
    parser.add_argument("--models", type=pathlib.Path, default=_default_folder(),
                        help="folder with ONNX files and evaluate.py")
    parser.add_argument("--minilm", type=pathlib.Path,
                        default=os.environ.get("QUANTIR_MINILM"),
                        help="MiniLM's ONNX file, made by the folder's export script")
    parser.add_argument("--bin", type=pathlib.Path,
                        default=REPOSITORY / "build/dev/bin",
                        help="folder of quant-compile and quant-run")
    parser.add_argument("--work", type=pathlib.Path,
                        default=REPOSITORY / "build/dev/benchmarks",
                        help="folder for artifacts and the peers' quantized models")
    parser.add_argument("--json", type=pathlib.Path, help="also write figures here")


def _default_folder():
    if "QUANTIR_MODELS" in os.environ:
        return pathlib.Path(os.environ["QUANTIR_MODELS"])
    beside = REPOSITORY.parent / "shared" / "models"
    return beside if beside.is_dir() else None


def models(options, wanted=None):
    """The models that `options` name, else `wanted`; says what it leaves out."""
    names = options.names or wanted or ["digits", *KEPT, *HARD]
    for name in names:
        if name == "digits":
            yield digits()
        elif name in architectures.BUILDERS:
            yield architecture(name, options)
        elif options.models is None:
            print(f"{name}: skipped, no folder of models (--models, QUANTIR_MODELS)")
        elif name == "minilm" and not options.minilm:
            print("minilm: skipped, no file (--minilm, QUANTIR_MINILM)")
        else:
            yield from_folder(name, options)


def digits():
    folder = REPOSITORY / "test/models/digits"

    def samples(file):
        return [{"image": x[None]} for x in np.load(folder / file)["image"]]

    return Model("digits", folder / "digits.onnx", lambda: samples("calib.npz"),
                 lambda: samples("eval.npz")[0])


def architecture(name, options):
    """A well-known network with random weights, built in the folder of artifacts."""
    path = options.work / f"{name}.onnx"
    architectures.write(name, path)
    feeds = functools.cache(lambda: architectures.samples(name, 16))
    return Model(name, path, feeds, lambda: feeds()[0], random=True)


def from_folder(name, options):
    evaluate = evaluation(options.models)
    if name == "minilm":
        task = _padded_sentences(evaluate)
        return Model(name, options.minilm, task.calib_feeds,
                     lambda: task.calib_feeds()[0], task)
    kin = QDQ.get(name, name)
    if kin not in evaluate.TASKS:
        sys.exit(f"{options.models}/evaluate.py knows no task {kin}")
    task = evaluate.TASKS[kin]
    if kin in DECODERS:
        task = _windows_of_text(evaluate, kin)

    @functools.cache
    def calibration():
        with_names = {tensor.name for tensor in graph_inputs(path)}
        return [{k: v for k, v in feed.items() if k in with_names}
                for feed in task.calib_feeds()]

    path = options.models / (f"qdq/{name}.onnx" if name in QDQ else task.file)
    return Model(name, path, calibration, lambda: calibration()[0], task)


@functools.cache
def evaluation(folder):
    """The folder's evaluate.py as a module."""
    spec = importlib.util.spec_from_file_location("evaluate", folder / "evaluate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _padded_sentences(evaluate):
    """MiniLM's task with every sentence padded to one length, all in one batch call."""

    class PaddedSentences(evaluate.Sts):
        name = "minilm"

        def run(self, runner, data, limit=0):
            pairs = np.load(os.path.join(data, "stsb", "eval.npz"))
            count = limit or len(pairs["score"])
            feeds = [self._f(pairs["ids_" + side][i], pairs["len_" + side][i])
                     for i in range(count) for side in "ab"]
            outs = [out[self.main] for out in evaluate.run_all(runner, feeds, 1)]
            grouped = [[None, np.concatenate(outs[2 * i:2 * i + 2])]
                       for i in range(count)]
            return grouped, list(pairs["score"][:count])

    return PaddedSentences(MINILM_TOKENS)


def _windows_of_text(evaluate, name):
    """A decoder's task with texts of one length and no cache: a text is repeated until
    the window is full, which changes nothing of what is before, and scored alone."""
    task = evaluate.TASKS[name]

    class Windows(evaluate.LM):
        def windows(self, texts):
            return [self.feeds(np.resize(text[:self.ctx], self.ctx)) for text in texts]

        def calib_feeds(self, data=evaluate.DATA):
            return self.windows(self.docs(
                os.path.join(data, "stories", "calib_tokens.npz")))

        def run(self, runner, data, limit=0):
            texts = [text[:self.ctx] for text in self.docs(
                os.path.join(data, "stories", "tokens.npz"))]
            texts = texts[:limit] if limit else texts
            outs = evaluate.run_all(runner, self.windows(texts), 1)
            return [[out[0][:, :len(text)]] for out, text in zip(outs, texts)], texts

        def metric(self, outs, targets):
            self.cache_diff = 0
            figures = super().metric(outs, targets)
            return {name: figures[name] for name in ("next_token_acc", "perplexity(lower)")}

    windows = Windows(task.key, task.layers, task.kv, task.hd, task.ctx)
    windows.name, windows.file = task.name, task.file
    return windows


def graph_inputs(path):
    """The ONNX graph's inputs, without the constants that old files list among them."""
    import onnx
    graph = onnx.load(path, load_external_data=False).graph
    constants = {i.name for i in graph.initializer}
    return [i for i in graph.input if i.name not in constants]


def graph_outputs(path):
    import onnx
    return list(onnx.load(path, load_external_data=False).graph.output)


def save_samples(feeds, path):
    """Writes samples as quant-compile and quant-run read them: stacked by name. A library
    goes without inputs that hold nothing."""
    np.savez(path, **{name: array for name, array in _stacked(feeds).items()
                      if array.size})


def _stacked(feeds):
    return {name: np.concatenate([feed[name] for feed in feeds]) for name in feeds[0]}
