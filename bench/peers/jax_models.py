"""The models of bench/src/models in JAX: functions of a dictionary from path to array."""

from functools import partial

import jax
import jax.numpy as jnp

WIDTH, HEADS, LAYERS, LENGTH = 128, 4, 2, 64
CHOSEN = 2


def linear(p, name, x):
    y = x @ p[f"{name}.weight"]
    return y + p[f"{name}.bias"] if f"{name}.bias" in p else y


def conv(x, weight, stride=1):
    pad = weight.shape[-1] // 2
    return jax.lax.conv_general_dilated(x, weight, (stride, stride), [(pad, pad)] * 2)


def mlp(p, x):
    x = jax.nn.relu(linear(p, "layers.0", x))
    return linear(p, "layers.2", jax.nn.relu(linear(p, "layers.1", x)))


def cnn(p, x):
    for name, stride in (("first", 1), ("second", 2)):
        x = jax.nn.relu(conv(x, p[f"{name}.weight"], stride) + p[f"{name}.bias"][:, None, None])
    return linear(p, "output", x.reshape(x.shape[0], -1))


def normalized_conv(p, name, x, running, stride=1):
    """Returns the running statistics as well, moved towards the batch's."""
    y = conv(x, p[f"{name}.weight"], stride)
    mean = y.mean((0, 2, 3), keepdims=True)
    variance = ((y - mean) ** 2).mean((0, 2, 3), keepdims=True)
    count = y.size // y.shape[1]
    old_mean, old_variance = running
    running = jax.lax.stop_gradient(
        (
            0.9 * old_mean + 0.1 * mean.ravel(),
            0.9 * old_variance + 0.1 * variance.ravel() * count / (count - 1),
        )
    )
    scale, shift = p[f"{name}.scale"][:, None, None], p[f"{name}.shift"][:, None, None]
    return (y - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + shift, running


def resnet(p, x, statistics):
    after = {}

    def normalized(name, at, stride=1):
        y, after[name] = normalized_conv(p, name, at, statistics[name], stride)
        return y

    x = jax.nn.relu(normalized("stem", x))
    for i in range(6):
        name = f"blocks.{i}"
        shortcut = f"{name}.shortcut"
        stride = 2 if f"{shortcut}.weight" in p else 1
        y = jax.nn.relu(normalized(f"{name}.first", x, stride))
        y = normalized(f"{name}.second", y)
        x = jax.nn.relu(y + (normalized(shortcut, x, stride) if stride == 2 else x))
    return linear(p, "output", x.mean((2, 3))), after


def layer_norm(p, name, x):
    centred = x - x.mean(-1, keepdims=True)
    spread = (centred**2).mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt(spread + 1e-5) * p[f"{name}.scale"] + p[f"{name}.shift"]


def feed_forward(p, name, x):
    return linear(p, f"{name}.narrow", jax.nn.gelu(linear(p, f"{name}.widen", x), approximate=False))


def mixture(p, name, x):
    tokens = x.reshape(-1, WIDTH)
    probabilities = jax.nn.softmax(linear(p, f"{name}.router", tokens))
    lowest = jax.lax.top_k(jax.lax.stop_gradient(probabilities), CHOSEN)[0][:, -1:]
    kept = jnp.where(probabilities >= lowest, probabilities, 0.0)
    shares = kept / kept.sum(-1, keepdims=True)
    said = jax.nn.gelu(tokens @ p[f"{name}.widen"], approximate=False) @ p[f"{name}.narrow"]
    return (said * shares.T[..., None]).sum(0).reshape(x.shape)


def language_model(feed, p, tokens):
    x = p["tokens.table"][tokens] + p["positions.table"]
    batch = x.shape[0]
    for i in range(LAYERS):
        name = f"blocks.{i}"
        parts = linear(p, f"{name}.mix", layer_norm(p, f"{name}.norm1", x))
        query, key, value = jnp.moveaxis(parts.reshape(batch, LENGTH, 3, HEADS, WIDTH // HEADS), 2, 0)
        mixed = jax.nn.dot_product_attention(query, key, value, is_causal=True)
        x = x + linear(p, f"{name}.project", mixed.reshape(batch, LENGTH, WIDTH))
        x = x + feed(p, f"{name}.feed", layer_norm(p, f"{name}.norm2", x))
    return linear(p, "output", layer_norm(p, "norm", x))


def momentum(rate):
    def init(p):
        return jax.tree.map(jnp.zeros_like, p)

    def update(p, velocity, gradients):
        velocity = jax.tree.map(lambda v, g: 0.9 * v + g, velocity, gradients)
        return jax.tree.map(lambda w, v: w - rate * v, p, velocity), velocity

    return init, update


def adam(decay):
    def init(p):
        return *(jax.tree.map(jnp.zeros_like, p) for _ in range(2)), jnp.zeros((), jnp.float32)

    def update(p, state, gradients):
        mean, square, count = state
        count = count + 1
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradients)
        square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradients)
        first, second = 1 - 0.9**count, jnp.sqrt(1 - 0.999**count)

        def moved(w, m, v):
            return w - 1e-3 * (m / first / (jnp.sqrt(v) / second + 1e-8) + decay * w)

        return jax.tree.map(moved, p, mean, square), (mean, square, count)

    return init, update


def stateless(model):
    return lambda p, x, statistics: (model(p, x), statistics)


MODELS = {
    "mlp": (stateless(mlp), adam(0.0), "images"),
    "cnn": (stateless(cnn), momentum(1e-3), "images"),
    "resnet": (resnet, momentum(1e-2), "images"),
    "transformer": (stateless(partial(language_model, feed_forward)), adam(0.01), "tokens"),
    "experts": (stateless(partial(language_model, mixture)), adam(0.01), "tokens"),
}
