"""PyTorch on the CPU; with `compile` as its argument, compiled."""

import os
import sys

import torch
import torch.nn.functional as functional

from exchange import serve_training
from torch_models import MODELS, locate

COMPILED = sys.argv[1:] == ["compile"]
torch.set_num_threads(int(os.environ["EVENKEEL_BENCH_THREADS"]))


def describe():
    return {"name": "PyTorch compiled" if COMPILED else "PyTorch", "version": torch.__version__}


def prepare(workload, parameters, batch):
    build, optimizer_for, given = MODELS[workload]
    model = build()
    targets = [locate(model, path) for path in parameters]
    with torch.no_grad():
        for (parameter, transposed), values in zip(targets, parameters.values()):
            source = torch.from_numpy(values)
            parameter.copy_(source.t() if transposed else source)
    inputs = torch.from_numpy(batch[given])
    labels = torch.from_numpy(batch["labels"]).long().flatten()
    optimizer = optimizer_for(model.parameters())

    def loss_of(x, y):
        return functional.cross_entropy(model(x).flatten(0, -2), y)

    if COMPILED:
        loss_of = torch.compile(loss_of)

    def step():
        optimizer.zero_grad()
        loss = loss_of(inputs, labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    def differentiate():
        optimizer.zero_grad()
        loss = loss_of(inputs, labels)
        loss.backward()
        gradients = [parameter.grad.t() if transposed else parameter.grad for parameter, transposed in targets]
        return loss.item(), [gradient.numpy() for gradient in gradients]

    return differentiate, step


serve_training(describe, prepare)
