"""Paths of optimizers on a small problem in float64, by PyTorch and, for Lion, by NumPy: golden.json of nn's optimizers."""

import json
import pathlib

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
start = {"weight": [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], "bias": [0.1, -0.2, 0.3]}
inputs = [[1.0, 2.0], [-0.5, 1.0], [0.25, -1.5], [2.0, 0.5]]
outputs = [[0.0, 1.0, -1.0], [1.0, 0.5, 0.0], [-1.0, 2.0, 0.5], [0.5, -0.5, 1.0]]
x, y = torch.tensor(inputs), torch.tensor(outputs)
steps = 8


def loss_of(weight, bias):
    return ((x @ weight + bias - y) ** 2).mean() + (weight**4).sum() / 10


def gradients_of(params):
    leaves = [torch.tensor(each, requires_grad=True) for each in params]
    return [each.numpy() for each in torch.autograd.grad(loss_of(*leaves), leaves)]


def by_torch(make, schedule=None, before=lambda params: None):
    params = [torch.tensor(start[name], requires_grad=True) for name in ("weight", "bias")]
    optimizer = make(params)
    scheduler = schedule and schedule(optimizer)
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(*params).backward()
        before(params)
        optimizer.step()
        if scheduler:
            scheduler.step()
        path.append([each.tolist() for each in params])
    return path


def by_lion(rate, beta1, beta2, decay):
    params = [np.array(start[name]) for name in ("weight", "bias")]
    means = [np.zeros_like(each) for each in params]
    path = []
    for _ in range(steps):
        gradients = gradients_of(params)
        params = [
            p - rate * (np.sign(beta1 * m + (1 - beta1) * g) + decay * p)
            for p, m, g in zip(params, means, gradients)
        ]
        means = [beta2 * m + (1 - beta2) * g for m, g in zip(means, gradients)]
        path.append([each.tolist() for each in params])
    return path


def minimum():
    params = [torch.tensor(start[name], requires_grad=True) for name in ("weight", "bias")]
    optimizer = torch.optim.LBFGS(
        params, max_iter=200, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = loss_of(*params)
        loss.backward()
        return loss

    optimizer.step(closure)
    return {"loss": loss_of(*params).item(), "params": [each.tolist() for each in params]}


lr = torch.optim.lr_scheduler
paths = {
    "sgd": by_torch(lambda p: torch.optim.SGD(p, lr=0.05)),
    "momentum": by_torch(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8)),
    "nesterov": by_torch(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, nesterov=True)),
    "adam": by_torch(lambda p: torch.optim.Adam(p, lr=0.05)),
    "adamW": by_torch(lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1)),
    "adafactor": by_torch(lambda p: torch.optim.Adafactor(p, lr=0.5, weight_decay=0.1)),
    "lion": by_lion(0.02, 0.9, 0.99, 0.1),
    "cosine": by_torch(
        lambda p: torch.optim.SGD(p, lr=0.05), lambda o: lr.CosineAnnealingLR(o, T_max=steps, eta_min=0.01)
    ),
    "step": by_torch(
        lambda p: torch.optim.Adam(p, lr=0.05), lambda o: lr.StepLR(o, step_size=3, gamma=0.5)
    ),
    "warmUp": by_torch(
        lambda p: torch.optim.Adam(p, lr=0.05), lambda o: lr.LinearLR(o, start_factor=0.25, total_iters=4)
    ),
    "clipByValue": by_torch(
        lambda p: torch.optim.SGD(p, lr=0.05), before=lambda p: torch.nn.utils.clip_grad_value_(p, 0.3)
    ),
}
golden = {"start": start, "inputs": inputs, "outputs": outputs, "paths": paths, "minimum": minimum()}
path = pathlib.Path(__file__).parents[2] / "packages/nn/src/optimizers/golden.json"
path.write_text(json.dumps(golden) + "\n")
