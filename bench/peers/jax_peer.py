"""JAX on the CPU, each training step compiled as a whole."""

import os

# Before JAX is imported: it takes as many threads as processors are granted.
threads = int(os.environ["EVENKEEL_BENCH_THREADS"])
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy  # noqa: E402

from exchange import serve_training  # noqa: E402
from jax_models import MODELS  # noqa: E402


def describe():
    return {"name": "JAX", "version": jax.__version__}


def prepare(workload, parameters, batch):
    model, (init, update), given = MODELS[workload]
    inputs = jnp.asarray(batch[given])
    labels = jnp.asarray(batch["labels"])

    def loss_of(p, statistics, x, y):
        logits, after = model(p, x, statistics)
        logarithms = jax.nn.log_softmax(logits)
        return -jnp.take_along_axis(logarithms, y[..., None], -1).mean(), after

    value_and_grad = jax.value_and_grad(loss_of, has_aux=True)

    def train(p, statistics, state, x, y):
        (loss, statistics), gradients = value_and_grad(p, statistics, x, y)
        p, state = update(p, state, gradients)
        return p, statistics, state, loss

    compiled = jax.jit(train, donate_argnums=(0, 1, 2))
    p = {path: jnp.asarray(values) for path, values in parameters.items()}
    statistics = {
        path.removesuffix(".scale"): (jnp.zeros_like(values), jnp.ones_like(values))
        for path, values in p.items()
        if workload == "resnet" and path.endswith(".scale")
    }
    trained = [p, statistics, init(p)]

    def differentiate():
        (loss, _), gradients = jax.jit(value_and_grad)(p, statistics, inputs, labels)
        return float(loss), [numpy.asarray(gradients[path]) for path in parameters]

    def step():
        *trained[:], loss = compiled(*trained, inputs, labels)
        return float(jax.block_until_ready(loss))

    return differentiate, step


serve_training(describe, prepare)
