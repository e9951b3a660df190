"""The models of bench/src/models in PyTorch, with the same names for the same parts."""

import torch
import torch.nn.functional as functional
from torch import nn

WIDTH, HEADS, LAYERS, LENGTH, VOCABULARY = 128, 4, 2, 64, 256
EXPERTS, EXPERT_WIDTH, CHOSEN = 4, 256, 2


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(784, 256), nn.Linear(256, 256), nn.Linear(256, 10)])

    def forward(self, x):
        first, second, third = self.layers
        return third(functional.relu(second(functional.relu(first(x)))))


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 32, 3, padding=1)
        self.second = nn.Conv2d(32, 64, 3, padding=1, stride=2)
        self.output = nn.Linear(64 * 14 * 14, 10)

    def forward(self, x):
        return self.output(functional.relu(self.second(functional.relu(self.first(x)))).flatten(1))


class NormalizedConv(nn.Module):
    def __init__(self, inputs, outputs, size, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.conv(x))


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.first = NormalizedConv(inputs, outputs, 3, stride)
        self.second = NormalizedConv(outputs, outputs, 3)
        self.shortcut = nn.Identity() if stride == 1 else NormalizedConv(inputs, outputs, 1, stride)

    def forward(self, x):
        return functional.relu(self.second(functional.relu(self.first(x))) + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = NormalizedConv(3, 16, 3)
        pairs = [(16, 16), (16, 16), (16, 32), (32, 32), (32, 64), (64, 64)]
        self.blocks = nn.ModuleList(ResidualBlock(*pair) for pair in pairs)
        self.output = nn.Linear(64, 10)

    def forward(self, x):
        x = functional.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.output(x.mean((2, 3)))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.widen = nn.Linear(WIDTH, 4 * WIDTH)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        return self.narrow(functional.gelu(self.widen(x)))


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.router = nn.Linear(WIDTH, EXPERTS, bias=False)
        self.widen = nn.Parameter(torch.empty(EXPERTS, WIDTH, EXPERT_WIDTH))
        self.narrow = nn.Parameter(torch.empty(EXPERTS, EXPERT_WIDTH, WIDTH))

    def forward(self, x):
        tokens = x.reshape(-1, WIDTH)
        probabilities = functional.softmax(self.router(tokens), -1)
        lowest = probabilities.detach().topk(CHOSEN).values[:, -1:]
        kept = torch.where(probabilities >= lowest, probabilities, 0.0)
        shares = kept / kept.sum(-1, keepdim=True)
        said = torch.matmul(functional.gelu(torch.matmul(tokens, self.widen)), self.narrow)
        return (said * shares.t().unsqueeze(-1)).sum(0).reshape(x.shape)


class Block(nn.Module):
    def __init__(self, feed):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.mix = nn.Linear(WIDTH, 3 * WIDTH)
        self.project = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.feed = feed()

    def forward(self, x):
        batch = x.shape[0]
        parts = self.mix(self.norm1(x)).view(batch, LENGTH, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = parts
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.project(mixed.transpose(1, 2).reshape(batch, LENGTH, WIDTH))
        return x + self.feed(self.norm2(x))


class LanguageModel(nn.Module):
    def __init__(self, feed):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.ModuleList(Block(feed) for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.output = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions(torch.arange(LENGTH))
        for block in self.blocks:
            x = block(x)
        return self.output(self.norm(x))


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-3, fused=True)


def adamw(parameters):
    return torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01, fused=True)


def momentum(rate):
    return lambda parameters: torch.optim.SGD(parameters, lr=rate, momentum=0.9, fused=True)


MODELS = {
    "mlp": (Mlp, adam, "images"),
    "cnn": (Cnn, momentum(1e-3), "images"),
    "resnet": (ResNet, momentum(1e-2), "images"),
    "transformer": (lambda: LanguageModel(FeedForward), adamw, "tokens"),
    "experts": (lambda: LanguageModel(Experts), adamw, "tokens"),
}


def locate(model, path):
    """The parameter that a path of ours names, and whether it is stored transposed."""
    *owners, name = path.split(".")
    module = model.get_submodule(".".join(owners))
    if isinstance(module, NormalizedConv):
        module = module.conv if name == "weight" else module.norm
    name = {"scale": "weight", "shift": "bias", "table": "weight"}.get(name, name)
    return getattr(module, name), isinstance(module, nn.Linear) and name == "weight"
