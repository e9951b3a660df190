"""Losses and their gradients as PyTorch computes them in float64, for packages/nn/src/losses/golden.json."""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)

logits, others, targets = torch.randn(4, 3), torch.randn(4, 3), torch.rand(4, 3)
logits[0] *= 30
labels = torch.tensor([2, 0, 1, 2])
partly = torch.tensor([2, -1, 1, -1])
weights = torch.tensor([0.5, 2.0, 1.25])
signs = torch.tensor([[1.0, -1, 1], [-1, -1, 1], [1, 1, -1], [-1, 1, 1]])


def info_nce(queries, symmetric):
    cosines = F.normalize(queries) @ F.normalize(others).T / 0.2
    own = torch.arange(4)
    forth = F.cross_entropy(cosines, own)
    return (forth + F.cross_entropy(cosines.T, own)) / 2 if symmetric else forth


def kl(x, target, temperature=1.0):
    return F.kl_div(
        F.log_softmax(x / temperature, -1),
        F.log_softmax(target / temperature, -1),
        reduction="batchmean",
        log_target=True,
    )


cases = {
    "smoothed": lambda x: F.cross_entropy(x, labels, label_smoothing=0.1),
    "weighted": lambda x: F.cross_entropy(x, labels, weight=weights),
    "ignored": lambda x: F.cross_entropy(x, partly, ignore_index=-1),
    "all": lambda x: F.cross_entropy(x, partly, weight=weights, ignore_index=-1, label_smoothing=0.2),
    "allSum": lambda x: F.cross_entropy(
        x, partly, weight=weights, ignore_index=-1, label_smoothing=0.2, reduction="sum"
    ),
    "binary": lambda x: F.binary_cross_entropy_with_logits(x, targets),
    "binaryPositive": lambda x: F.binary_cross_entropy_with_logits(x, targets, pos_weight=torch.tensor(3.0)),
    "meanSquaredError": lambda x: F.mse_loss(x, targets),
    "meanAbsoluteError": lambda x: F.l1_loss(x, targets),
    "huber": lambda x: F.huber_loss(x, targets, delta=0.7),
    "smoothL1": lambda x: F.smooth_l1_loss(x, targets, beta=0.7),
    "klDivergence": lambda x: kl(x, others),
    "distillation": lambda x: 0.3 * 9 * kl(x, others, 3) + 0.7 * F.cross_entropy(x, labels),
    "infoNce": lambda x: info_nce(x, False),
    "infoNceSymmetric": lambda x: info_nce(x, True),
    "hinge": lambda x: (1 - signs * x).relu().mean(),
    "multiClassHinge": lambda x: F.multi_margin_loss(x, labels, margin=0.5),
}


def case(fn):
    x = logits.clone().requires_grad_()
    loss = fn(x)
    loss.backward()
    return {"loss": loss.item(), "gradient": x.grad.tolist()}


golden = {
    "logits": logits.tolist(),
    "others": others.tolist(),
    "targets": targets.tolist(),
    "cases": {name: case(fn) for name, fn in cases.items()},
}
path = pathlib.Path(__file__).parents[2] / "packages/nn/src/losses/golden.json"
path.write_text(json.dumps(golden) + "\n")
