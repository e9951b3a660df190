"""The operations of bench/src/operators in PyTorch, by the same names: how much processor time a call takes."""

import os
import time

import torch
import torch.nn.functional as functional

from exchange import serve

torch.set_num_threads(int(os.environ["EVENKEEL_BENCH_THREADS"]))

OPERATIONS = {}


def operation(name):
    """Registers a function without arguments that draws its inputs and returns the call to measure."""

    def register(make):
        OPERATIONS[name] = make
        return make

    return register


draw = torch.randn


def backward(y, x, dy):
    """The call that pulls `dy` back through the graph of `y`, again and again."""
    return lambda: torch.autograd.grad(y, x, dy, retain_graph=True)


def convolution(name, inputs, outputs, size, n=64, kernel=3, stride=1, padding=1, groups=1):
    def tensors():
        x = draw(n, inputs, size, size)
        w = draw(outputs, inputs // groups, kernel, kernel)
        return x, w

    def call(x, w):
        return functional.conv2d(x, w, stride=stride, padding=padding, groups=groups)

    def forward():
        x, w = tensors()
        return lambda: call(x, w)

    def gradient(of_weights):
        def make():
            x, w = tensors()
            target = (w if of_weights else x).requires_grad_()
            y = call(x, w)
            return backward(y, target, draw(y.shape))

        return make

    OPERATIONS[f"convolution {name}"] = forward
    OPERATIONS[f"its weight gradient {name}"] = gradient(True)
    OPERATIONS[f"its input gradient {name}"] = gradient(False)


convolution("1→32, 28", 1, 32, 28)
convolution("32→64, 28, stride 2", 32, 64, 28, stride=2)
convolution("64→64, 14", 64, 64, 14)
convolution("64→128, 32, stride 2", 64, 128, 32, n=32, stride=2)
convolution("16→32, 14, 5×5", 16, 32, 14, kernel=5, padding=2)
convolution("64→128, 14, 1×1", 64, 128, 14, kernel=1, padding=0)
convolution("64 depthwise, 14", 64, 64, 14, groups=64)
convolution("64 depthwise, 28, stride 2", 64, 64, 28, stride=2, groups=64)
convolution("64→64, 14, 4 groups", 64, 64, 14, groups=4)


def simple(name, function, *shapes):
    """An operation without a gradient on normal numbers."""

    def make():
        inputs = [draw(shape) for shape in shapes]
        return lambda: function(*inputs)

    OPERATIONS[name] = make


MILLION = (1 << 20,)

simple("dy Wᵀ, [2048×512] [128×512]", lambda a, b: a @ b.t(), (2048, 512), (128, 512))
simple("aᵀ dy, [2048×128] [2048×512]", lambda a, b: a.t() @ b, (2048, 128), (2048, 512))
simple("aᵀ dy, [12544×576] [12544×64]", lambda a, b: a.t() @ b, (12544, 576), (12544, 64))
simple("a W + b, [2048×128] [128×512]", lambda a, w, b: torch.addmm(b, a, w), (2048, 128), (128, 512), (512,))
simple("relu(a W + b)", lambda a, w, b: torch.addmm(b, a, w).relu_(), (2048, 128), (128, 512), (512,))
simple("sum over n, h and w of [64×64×28×28]", lambda x: x.sum((0, 2, 3)), (64, 64, 28, 28))
simple("sum over rows of [2048×512]", lambda x: x.sum(0), (2048, 512))
simple("sum over columns of [2048×512]", lambda x: x.sum(1), (2048, 512))
simple("x³, 1M", lambda x: x**3, MILLION)
simple("tanh, 1M", torch.tanh, MILLION)
simple("add, 1M", torch.add, MILLION, MILLION)
simple("mul, 1M", torch.mul, MILLION, MILLION)
simple("div, 1M", torch.div, MILLION, MILLION)
simple("where, 1M", lambda x, y: torch.where(x > 0, x, y), MILLION, MILLION)
simple("gelu, 1M", functional.gelu, MILLION)
simple("softplus, 1M", functional.softplus, MILLION)
simple("layer normalization, [2048×128]", lambda x, w, b: functional.layer_norm(x, (128,), w, b), (2048, 128), (128,), (128,))
simple("attention, batch 32, 4 heads, 64×32", functional.scaled_dot_product_attention, *[(32, 4, 64, 32)] * 3)
simple("dropout, 1M", lambda x: functional.dropout(x, 0.1), MILLION)
simple("uniform numbers, 1M", lambda: torch.rand(MILLION))
simple("normal numbers, 1M", lambda: torch.randn(MILLION))


def of_positive(name, function):
    def make():
        x = torch.rand(MILLION) + 0.5
        return lambda: function(x)

    OPERATIONS[name] = make


of_positive("x^1.5, 1M", lambda x: x**1.5)
of_positive("exp, 1M", torch.exp)
of_positive("sin, 1M", torch.sin)
of_positive("sqrt, 1M", torch.sqrt)
of_positive("sigmoid, 1M", torch.sigmoid)
of_positive("log, 1M", torch.log)


def gradient(name, function, *shapes):
    """The gradient by the first of normal inputs, without the call before it."""

    def make():
        inputs = [draw(shape) for shape in shapes]
        x = inputs[0].requires_grad_()
        y = function(*inputs)
        return backward(y, x, draw(y.shape))

    OPERATIONS[name] = make


gradient("gradient of relu, 1.6M", torch.relu, (64, 32, 28, 28))
gradient("gradient of gelu, 1M", functional.gelu, MILLION)
gradient("gradient of mean pooling 2×2", lambda x: functional.avg_pool2d(x, 2), (64, 32, 28, 28))
gradient(
    "gradient of layer normalization by its rows",
    lambda x, w: functional.layer_norm(x, (128,), w),
    (2048, 128),
    (128,),
)


def batch_norm(x, scale, shift):
    return functional.batch_norm(x, None, None, scale, shift, training=True)


simple("batch normalization, [64×64×14×14]", batch_norm, (64, 64, 14, 14), (64,), (64,))
gradient("gradient of batch normalization by its images", batch_norm, (64, 64, 14, 14), (64,), (64,))


def both(name, function, shape):
    """Value and gradient of a function of one tensor."""

    def make():
        x = draw(shape).requires_grad_()
        dy = draw(function(x).shape)
        return lambda: torch.autograd.grad(function(x), x, dy)

    OPERATIONS[name] = make


IMAGES = (64, 32, 28, 28)
both("maximum pooling 2×2 and its gradient, [64×32×28×28]", lambda x: functional.max_pool2d(x, 2), IMAGES)
both("maximum pooling 3×3, stride 2, and its gradient", lambda x: functional.max_pool2d(x, 3, 2), IMAGES)
LABELS = torch.randint(0, 256, (2048,))
both("cross-entropy and its gradient, [2048×256]", lambda x: functional.cross_entropy(x, LABELS), (2048, 256))


@operation("attention and its gradients")
def attention():
    inputs = [draw(32, 4, 64, 32).requires_grad_() for _ in range(3)]
    dy = draw(32, 4, 64, 32)
    return lambda: torch.autograd.grad(functional.scaled_dot_product_attention(*inputs), inputs, dy)


def embedding(entries):
    @operation(f"gradient of an embedding, 2048 of {entries}")
    def make():
        table = draw(entries, 128).requires_grad_()
        y = functional.embedding(torch.randint(0, entries, (2048,)), table)
        return backward(y, table, draw(y.shape))


embedding(256)
embedding(10_000)


def adam(millions):
    @operation(f"a step of Adam, {millions}M")
    def make():
        parameter = draw(millions << 20).requires_grad_()
        parameter.grad = draw(millions << 20)
        return torch.optim.Adam([parameter], lr=1e-3, fused=True).step


adam(1)
adam(10)


def measure(call, repeats):
    before = time.process_time()
    for _ in range(repeats):
        call()
    return 1000 * (time.process_time() - before) / repeats


current = None


def on_operator(request):
    global current
    torch.manual_seed(0)
    current = OPERATIONS[request["name"]]()
    current()


serve(
    {
        "describe": lambda _: {"name": "PyTorch", "version": torch.__version__},
        "operator": on_operator,
        "measure": lambda request: {"cpuMilliseconds": measure(current, request["repeats"])},
    }
)
