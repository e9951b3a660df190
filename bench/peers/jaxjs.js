import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from '@jax-js/jax';
import { takeSteps } from '../dist/peers/server.js';
import { elementsOf } from '../dist/start.js';

// The models of bench/src/models in jax-js: functions of a record from path to array. Every use of an array is
// accounted for there: `ref` keeps it for the next.

const [width, heads, layers, length, chosenExperts] = [128, 4, 2, 64, 2];

const linear = (p, name, x) => {
  const y = np.matmul(x, p[`${name}.weight`].ref);
  return p[`${name}.bias`] ? y.add(p[`${name}.bias`].ref) : y;
};

function mlp(p, x) {
  const hidden = nn.relu(linear(p, 'layers.1', nn.relu(linear(p, 'layers.0', x))));
  return linear(p, 'layers.2', hidden);
}

function cnn(p, images) {
  let x = images;
  for (const [name, stride] of [
    ['first', 1],
    ['second', 2],
  ]) {
    const y = lax.conv(
      x,
      p[`${name}.weight`].ref,
      [stride, stride],
      [
        [1, 1],
        [1, 1],
      ],
    );
    x = nn.relu(y.add(p[`${name}.bias`].ref.reshape([-1, 1, 1])));
  }
  return linear(p, 'output', x.reshape([x.shape[0], -1]));
}

function layerNorm(p, name, x) {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const spread = np.mean(np.square(centred.ref), -1, { keepdims: true });
  const normalized = centred.div(np.sqrt(spread.add(1e-5)));
  return normalized.mul(p[`${name}.scale`].ref).add(p[`${name}.shift`].ref);
}

function feedForward(p, name, x) {
  const widened = nn.gelu(linear(p, `${name}.widen`, x), { approximate: false });
  return linear(p, `${name}.narrow`, widened);
}

function mixture(p, name, x) {
  const { shape } = x;
  const tokens = x.reshape([-1, width]);
  const probabilities = nn.softmax(linear(p, `${name}.router`, tokens.ref));
  const best = lax.topK(lax.stopGradient(probabilities.ref), chosenExperts)[0];
  const lowest = np.min(best, -1, { keepdims: true });
  const kept = np.where(probabilities.ref.less(lowest), 0, probabilities);
  const shares = kept.ref.div(np.sum(kept, -1, { keepdims: true }));
  const widened = nn.gelu(np.matmul(tokens.reshape([1, ...tokens.shape]), p[`${name}.widen`].ref), {
    approximate: false,
  });
  const said = np.matmul(widened, p[`${name}.narrow`].ref);
  const weights = np.transpose(shares);
  return np.sum(said.mul(weights.reshape([...weights.shape, 1])), 0).reshape(shape);
}

const languageModel = (feed) => (p, tokens) => {
  const batch = tokens.shape[0];
  let x = np.take(p['tokens.table'].ref, tokens, 0).add(p['positions.table'].ref);
  for (let i = 0; i < layers; i++) {
    const name = `blocks.${i}`;
    const mixed = linear(p, `${name}.mix`, layerNorm(p, `${name}.norm1`, x.ref));
    const parts = np.split(mixed.reshape([batch, length, 3, heads, width / heads]), 3, 2);
    const [query, key, value] = parts.map((part) => np.squeeze(part, 2));
    const attended = nn.dotProductAttention(query, key, value, { isCausal: true });
    x = x.add(linear(p, `${name}.project`, attended.reshape([batch, length, width])));
    x = x.add(feed(p, `${name}.feed`, layerNorm(p, `${name}.norm2`, x.ref)));
  }
  return linear(p, 'output', layerNorm(p, 'norm', x));
};

const momentum = (rate) => ({
  init: (p) => tree.map((w) => np.zeros(w.shape), p),
  update(p, velocity, gradients) {
    const next = tree.map((v, g) => v.mul(0.9).add(g), velocity, gradients);
    return [tree.map((w, v) => w.sub(v.ref.mul(rate)), p, next), next];
  },
});

const adam = (decay) => ({
  init: (p) => ({
    mean: tree.map((w) => np.zeros(w.shape), p),
    square: tree.map((w) => np.zeros(w.shape), p),
    // Shares of the steps that the averages have seen, 1 - βᵗ.
    seen: [np.array(0), np.array(0)],
  }),
  update(p, state, gradients) {
    const mean = tree.map((m, g) => m.mul(0.9).add(g.ref.mul(0.1)), state.mean, gradients);
    const square = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), state.square, gradients);
    const seen = [state.seen[0].mul(0.9).add(0.1), state.seen[1].mul(0.999).add(0.001)];
    const moved = tree.map(
      (w, m, v) => {
        const root = np.sqrt(v.ref.div(seen[1].ref)).add(1e-8);
        const step = m.ref.div(seen[0].ref).div(root);
        return w.ref.sub(step.add(w.mul(decay)).mul(1e-3));
      },
      p,
      mean,
      square,
    );
    return [moved, { mean, square, seen }];
  },
});

const models = {
  mlp: [mlp, adam(0), 'images'],
  cnn: [cnn, momentum(1e-3), 'images'],
  transformer: [languageModel(feedForward), adam(0.01), 'tokens'],
  experts: [languageModel(mixture), adam(0.01), 'tokens'],
};

/** jax-js on one of its devices, `wasm` or `webgpu`. */
export function jaxJs(device, version) {
  let run;
  return {
    async describe() {
      const available = await init(device);
      if (!available.includes(device)) throw new Error(`jax-js: no ${device} here`);
      defaultDevice(device);
      return { name: `jax-js ${device}`, version };
    },

    async prepare(manifest, bytes) {
      if (!models[manifest.workload]) throw new Error(`has no ${manifest.workload} here`);
      const [model, optimizer, given] = models[manifest.workload];
      const arrayOf = (entry) =>
        np
          .array(elementsOf(bytes, entry), { dtype: entry.dtype === 'int32' ? np.int32 : np.float32 })
          .reshape([...entry.shape]);
      const arrays = (entries) => Object.fromEntries(entries.map((entry) => [entry.path, arrayOf(entry)]));
      const p = arrays(manifest.parameters);
      const batch = arrays(manifest.batch);
      const classes = manifest.parameters.at(-1).shape.at(-1);
      const lossOf = (at, x, y) =>
        np.mean(np.sum(nn.logSoftmax(model(at, x)).mul(nn.oneHot(y, classes)), -1)).mul(-1);
      const differentiate = valueAndGrad(lossOf);
      const step = jit((at, state, x, y) => {
        const [loss, gradients] = differentiate(tree.ref(at), x, y);
        const [next, nextState] = optimizer.update(at, state, gradients);
        return [next, nextState, loss];
      });
      const paths = manifest.parameters.map(({ path }) => path);
      run = {
        p,
        state: optimizer.init(p),
        x: batch[given],
        y: batch.labels,
        step,
        paths,
        differentiate: jit(differentiate),
      };
    },

    async differentiate() {
      const [loss, gradients] = run.differentiate(tree.ref(run.p), run.x.ref, run.y.ref);
      const elements = [];
      for (const path of run.paths) elements.push(await gradients[path].data());
      return { loss: (await loss.data())[0], gradients: elements };
    },

    run: (steps) =>
      takeSteps(async () => {
        const [p, state, loss] = run.step(run.p, run.state, run.x.ref, run.y.ref);
        Object.assign(run, { p, state });
        await blockUntilReady([p, state]);
        return (await loss.data())[0];
      }, steps),
  };
}
