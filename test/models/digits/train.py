#!/usr/bin/env python3
"""Trains the shipped model and writes digits.onnx, calib.npz, eval.npz, labels.npy.

A small hybrid of convolution and transformer on scikit-learn's handwritten
digits: 8x8 pictures in grey levels 0..16, ten classes. A quarter of the pictures
is held out for evaluation; training and calibration never see it.

    pip install -r requirements.txt
    python3 train.py            # a minute on one core

Every seed is fixed, but another version of PyTorch or another processor rounds
differently, so a new run gives a model of the same quality, not of the same bytes.
"""
import argparse
import pathlib

import numpy as np
import onnx
import torch
from onnxscript.optimizer import fold_constants, remove_unused_nodes
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

SEED = 20
WIDTH = 96
HEADS = 3
HIDDEN = 336
CALIBRATION_SAMPLES = 96


class ResidualConvolution(nn.Module):
    """A depthwise and a pointwise convolution beside an identity path."""

    def __init__(self, channels):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1,
                                   groups=channels, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.pointwise = nn.Conv2d(channels, channels, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        y = torch.relu(self.norm1(self.depthwise(x)))
        return torch.relu(x + self.norm2(self.pointwise(y)))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.depth = heads, width // heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def forward(self, x):
        tokens, width = x.shape[1], x.shape[2]

        def split(y):
            return y.reshape(-1, tokens, self.heads, self.depth).transpose(1, 2)

        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        weights = torch.softmax(q @ k.transpose(2, 3) * self.depth**-0.5, -1)
        mixed = (weights @ v).transpose(1, 2).reshape(-1, tokens, width)
        return self.output(mixed)


class Block(nn.Module):
    """A transformer block that normalises before attention and before the MLP."""

    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, hidden)
        self.contract = nn.Linear(hidden, width)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        x = x + self.drop(self.attention(self.norm1(x)))
        y = nn.functional.gelu(self.expand(self.norm2(x)))
        return x + self.drop(self.contract(y))


class Digits(nn.Module):
    """8x8 pictures, 4x4 tokens, two transformer blocks, ten logits."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 32, 3, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(32)
        self.residual = ResidualConvolution(32)
        self.patches = nn.Conv2d(32, WIDTH, 3, stride=2, padding=1)
        self.position = nn.Parameter(torch.randn(1, 16, WIDTH) * 0.02)
        self.block1 = Block(WIDTH, HEADS, HIDDEN)
        self.block2 = Block(WIDTH, HEADS, HIDDEN)
        self.norm = nn.LayerNorm(WIDTH)
        self.classify = nn.Linear(WIDTH, 10)

    def forward(self, image):
        x = torch.relu(self.stem_norm(self.stem(image)))
        x = self.patches(self.residual(x))
        x = x.flatten(2).transpose(1, 2) + self.position
        x = self.norm(self.block2(self.block1(x)))
        return self.classify(x.mean(1))


def split_data():
    """Pictures [N,1,8,8] in 0..1 and labels: training, then held out."""
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    return train_test_split(images, labels.astype(np.int64), test_size=0.25,
                            stratify=labels, random_state=SEED)


def augment(batch):
    """Each picture turned, scaled and moved a little; grey levels stay on the grid."""
    n = len(batch)
    angle = (torch.rand(n) - 0.5) * 0.4
    zoom = 1 + (torch.rand(n) - 0.5) * 0.2
    shift = (torch.rand(n, 2) - 0.5) * 0.4
    rotation = torch.stack([
        torch.stack([zoom * angle.cos(), -zoom * angle.sin(), shift[:, 0]], 1),
        torch.stack([zoom * angle.sin(), zoom * angle.cos(), shift[:, 1]], 1)], 1)
    grid = nn.functional.affine_grid(rotation, batch.shape, align_corners=False)
    moved = nn.functional.grid_sample(batch, grid, align_corners=False)
    return (moved * 16).round() / 16


def train(images, labels, epochs):
    model = Digits()
    batch = 64
    steps = (len(images) + batch - 1) // batch
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=2e-3, epochs=epochs, steps_per_epoch=steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for indices in torch.randperm(len(images)).split(batch):
            loss = loss_of(model(augment(images[indices])), labels[indices])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(indices)
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: loss {total / len(images):.4f}", flush=True)
    return model.eval()


def export(model, path):
    """Writes the ONNX file with a free batch and with batch norms as they are."""
    program = torch.onnx.export(
        model, (torch.zeros(2, 1, 8, 8),), dynamo=True, optimize=False,
        opset_version=20, input_names=["image"], output_names=["logits"],
        dynamic_shapes={"image": {0: "batch"}})
    fold_constants(program.model)  # unlike optimize=True, keeps the batch norms
    remove_unused_nodes(program.model)
    program.save(path, external_data=False)


def strip(path):
    """Drops what only a debugger of the exporter reads: half of the file's text."""
    model = onnx.load(path)
    del model.metadata_props[:], model.graph.metadata_props[:]
    del model.graph.value_info[:]
    for part in [*model.graph.node, *model.graph.input, *model.graph.output,
                 *model.graph.initializer]:
        part.ClearField("metadata_props")
        part.doc_string = ""
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    images, held_out, labels, held_out_labels = split_data()
    model = train(torch.from_numpy(images), torch.from_numpy(labels), options.epochs)
    with torch.no_grad():
        guess = model(torch.from_numpy(held_out)).argmax(1).numpy()
    print(f"held-out accuracy {np.mean(guess == held_out_labels):.4f} "
          f"on {len(held_out)} pictures")
    export(model, options.out / "digits.onnx")
    strip(options.out / "digits.onnx")
    np.savez_compressed(options.out / "calib.npz", image=images[:CALIBRATION_SAMPLES])
    np.savez_compressed(options.out / "eval.npz", image=held_out)
    np.save(options.out / "labels.npy", held_out_labels.astype(np.uint8))


if __name__ == "__main__":
    main()
