"""Outputs and gradients of PyTorch's layers, which the layers of @evenkeel/nn must give too.

    python make.py > ../../packages/nn/src/layers/layers.golden.json

Every number is float64. Parameters, inputs and the weights of the outputs in the loss are sines, so that they need not
be written down; parameters are listed by their places in our layers, in order, and turned to PyTorch's layout here.
"""
import json
import math
import torch
from torch import nn

torch.set_default_dtype(torch.float64)


def filled(seed, shape):
    count = math.prod(shape)
    return torch.tensor([math.sin(1 + 0.7 * i + 3 * seed) for i in range(count)]).reshape(shape)


def case(name, places, run, shape):
    """`places` maps each parameter's path to its shape; `run` gets the parameters by path, and the input."""
    parameters = {path: filled(seed, size) / 2 for seed, (path, size) in enumerate(places.items())}
    for path in parameters:
        parameters[path] = (parameters[path] + (1 if path.endswith("variance") else 0)).requires_grad_()
    x = filled(100, shape).requires_grad_()
    output, *others = run(parameters, x)
    (output * filled(99, output.shape)).sum().backward()
    flat = lambda tensor: [float(f"{each:.12g}") for each in tensor.detach().reshape(-1).tolist()]
    gradient = lambda tensor: flat(torch.zeros_like(tensor) if tensor.grad is None else tensor.grad)
    return {
        "name": name,
        "input": list(shape),
        "parameters": {path: list(size) for path, size in places.items()},
        "output": flat(output),
        "others": [flat(other) for other in others],
        "gradients": [gradient(x), *(gradient(each) for each in parameters.values())],
    }


F = nn.functional


def conv(function, **options):
    return lambda p, x: [function(x, p["weight"], p["bias"], **options)]


def batch_norm(p, x, prefix="", training=True):
    mean, variance = (p[f"{prefix}running.{each}"].detach().clone() for each in ("mean", "variance"))
    y = F.batch_norm(x, mean, variance, p[f"{prefix}scale"], p[f"{prefix}shift"], training)
    return y, mean, variance


def norm_places(prefix, n):
    names = ["scale", "shift", "running.mean", "running.variance"]
    return {f"{prefix}{each}": [n] for each in names}


def linear(p, name, x):
    return x @ p[f"{name}.weight"] + p[f"{name}.bias"]


def attend(p, x, heads, groups, causal=False, prefix="", mask=None):
    n, length, width = x.shape
    split = lambda y, count: y.reshape(n, length, count, width // heads).transpose(1, 2)
    q, k, v = (linear(p, prefix + each, x) for each in ("query", "key", "value"))
    y = F.scaled_dot_product_attention(
        split(q, heads), split(k, groups), split(v, groups), attn_mask=mask, is_causal=causal, enable_gqa=True
    )
    return linear(p, prefix + "output", y.transpose(1, 2).reshape(n, length, width))


def attention_places(prefix, width, shared):
    sizes = {"query": width, "key": shared, "value": shared, "output": width}
    return {
        f"{prefix}{name}.{part}": [width, size] if part == "weight" else [size]
        for name, size in sizes.items()
        for part in ("weight", "bias")
    }


def block(p, x):
    y = F.layer_norm(x, [8], p["attentionNorm.scale"], p["attentionNorm.shift"])
    x = x + attend(p, y, 2, 2, True, "attention.")
    y = F.layer_norm(x, [8], p["feedForwardNorm.scale"], p["feedForwardNorm.shift"])
    return [x + linear(p, "narrow", F.gelu(linear(p, "widen", y)))]


def lstm(p, x):
    layer = nn.LSTM(3, 2, batch_first=True)
    weights = {
        "weight_ih_l0": p["inputWeight"].T,
        "weight_hh_l0": p["hiddenWeight"].T,
        "bias_ih_l0": p["bias"],
        "bias_hh_l0": torch.zeros(8),
    }
    y, (hidden, cell) = torch.func.functional_call(layer, weights, (x,))
    return [y, hidden, cell]


def residual(p, x):
    y, *first = batch_norm(p, F.conv2d(x, p["first.weight"], stride=2, padding=1), "firstNorm.")
    y, *second = batch_norm(p, F.conv2d(F.relu(y), p["second.weight"], padding=1), "secondNorm.")
    z, *third = batch_norm(p, F.conv2d(x, p["shortcut.weight"], stride=2), "shortcutNorm.")
    return [F.relu(y + z), *first, *second, *third]


def simple(function):
    return lambda p, x: [function(x)]


# The second sequence is padded: its last key is hidden.
KEY_MASK = torch.tensor([[True, True, True], [True, True, False]])[:, None, None, :]


cases = [
    case("linear", {"weight": [5, 3], "bias": [3]}, lambda p, x: [x @ p["weight"] + p["bias"]], [2, 4, 5]),
    case("embedding", {"table": [4, 3]}, lambda p, x: [F.embedding(torch.tensor([[0, 3], [1, 3]]), p["table"])], [1]),
    case(
        "sequential",
        {"steps.0.weight": [3, 4], "steps.0.bias": [4], "steps.2.weight": [4, 2], "steps.2.bias": [2]},
        lambda p, x: [linear(p, "steps.2", F.relu(linear(p, "steps.0", x)))],
        [5, 3],
    ),
    case("conv2dDilated", {"weight": [3, 2, 3, 3], "bias": [3]}, conv(F.conv2d, dilation=2, padding=2), [1, 2, 6, 5]),
    case("conv2dDepthwise", {"weight": [3, 1, 3, 3], "bias": [3]}, conv(F.conv2d, groups=3, padding=1), [2, 3, 4, 4]),
    case("convTranspose2dDilated", {"weight": [2, 3, 3, 3], "bias": [3]}, conv(F.conv_transpose2d, dilation=2, padding=1), [1, 2, 3, 4]),
    case("maxPool1d", {}, simple(lambda x: F.max_pool1d(x, 3, stride=2, padding=1)), [2, 3, 8]),
    case("maxPool2d", {}, simple(lambda x: F.max_pool2d(x, 3, stride=2, padding=1)), [2, 3, 7, 6]),
    case("averagePool1d", {}, simple(lambda x: F.avg_pool1d(x, 3, stride=2)), [2, 3, 8]),
    case("averagePool2d", {}, simple(lambda x: F.avg_pool2d(x, (2, 3), stride=(2, 1), padding=1, count_include_pad=False)), [2, 3, 6, 6]),
    case("globalAveragePool", {}, simple(lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1)), [2, 3, 4, 5]),
    case("globalMaxPool", {}, simple(lambda x: F.adaptive_max_pool2d(x, 1).flatten(1)), [2, 3, 4, 5]),
    case("pixelShuffle", {}, simple(lambda x: F.pixel_shuffle(x, 2)), [2, 8, 3, 2]),
    case("upsampleNearest", {}, simple(lambda x: F.interpolate(x, scale_factor=3, mode="nearest")), [2, 2, 3, 2]),
    case("causalAttention", attention_places("", 8, 8), lambda p, x: [attend(p, x, 2, 2, True)], [2, 4, 8]),
    case("maskedAttention", attention_places("", 8, 8), lambda p, x: [attend(p, x, 2, 2, mask=KEY_MASK)], [2, 3, 8]),
    case("conv1d", {"weight": [4, 3, 3], "bias": [4]}, conv(F.conv1d, stride=2, padding=2, dilation=2), [2, 3, 7]),
    case("conv2d", {"weight": [4, 2, 3, 2], "bias": [4]}, conv(F.conv2d, stride=(2, 1), padding=(1, 0), groups=2), [2, 4, 5, 4]),
    case("convTranspose1d", {"weight": [3, 2, 3], "bias": [2]}, conv(F.conv_transpose1d, stride=2, padding=1, output_padding=1), [2, 3, 4]),
    case("convTranspose2d", {"weight": [4, 1, 2, 3], "bias": [2]}, conv(F.conv_transpose2d, stride=2, groups=2), [2, 4, 3, 2]),
    case("layerNorm", {"scale": [5], "shift": [5]}, lambda p, x: [F.layer_norm(x, [5], p["scale"], p["shift"])], [2, 3, 5]),
    case("rmsNorm", {"scale": [5]}, lambda p, x: [F.rms_norm(x, [5], p["scale"], 1e-5)], [2, 3, 5]),
    case("groupNorm", {"scale": [4], "shift": [4]}, lambda p, x: [F.group_norm(x, 2, p["scale"], p["shift"])], [2, 4, 3, 2]),
    case("batchNorm", norm_places("", 3), batch_norm, [4, 3, 2, 2]),
    case("batchNormEvaluation", norm_places("", 3), lambda p, x: batch_norm(p, x, training=False)[:1], [4, 3, 2, 2]),
    case("attention", attention_places("", 8, 4), lambda p, x: [attend(p, x, 4, 2)], [2, 3, 8]),
    case(
        "transformerBlock",
        {
            "attentionNorm.scale": [8], "attentionNorm.shift": [8],
            **attention_places("attention.", 8, 8),
            "feedForwardNorm.scale": [8], "feedForwardNorm.shift": [8],
            "widen.weight": [8, 12], "widen.bias": [12], "narrow.weight": [12, 8], "narrow.bias": [8],
        },
        block,
        [2, 3, 8],
    ),
    case("lstm", {"inputWeight": [3, 8], "hiddenWeight": [2, 8], "bias": [8]}, lstm, [2, 4, 3]),
    case(
        "residualBlock",
        {
            "first.weight": [3, 2, 3, 3], **norm_places("firstNorm.", 3),
            "second.weight": [3, 3, 3, 3], **norm_places("secondNorm.", 3),
            "shortcut.weight": [3, 2, 1, 1], **norm_places("shortcutNorm.", 3),
        },
        residual,
        [2, 2, 4, 4],
    ),
]
print(json.dumps({"source": f"PyTorch {torch.__version__}, float64", "cases": cases}))
