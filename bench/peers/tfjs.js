import * as tf from '@tensorflow/tfjs';
import { takeSteps } from '../dist/peers/server.js';
import { elementsOf } from '../dist/start.js';

// The model of bench/src/models/mlp.ts in TensorFlow.js. The others need gradients of convolutions and of look-ups, for
// which its Wasm backend has no kernels.

const layers = [0, 1, 2];

const mlp = (p, x) =>
  layers.reduce((at, i) => {
    const y = at.matMul(p[`layers.${i}.weight`]).add(p[`layers.${i}.bias`]);
    return i < 2 ? y.relu() : y;
  }, x);

/** TensorFlow.js on one of its backends, `wasm` or `webgpu`, which the caller has imported. */
export function tfjs(backend) {
  let run;
  const choose = async () => {
    if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js: no ${backend} here`);
  };
  return {
    async describe() {
      await choose();
      return { name: `TensorFlow.js ${backend}`, version: tf.version_core };
    },

    async prepare(manifest, bytes) {
      if (manifest.workload !== 'mlp') throw new Error(`has no ${manifest.workload} here`);
      await choose();
      if (run) for (const each of Object.values(run.p)) each.dispose();
      const tensors = (entries) =>
        entries.map((entry) => [entry.path, tf.tensor(elementsOf(bytes, entry), entry.shape, entry.dtype)]);
      const p = Object.fromEntries(
        tensors(manifest.parameters).map(([path, values]) => [path, tf.variable(values)]),
      );
      const { images, labels } = Object.fromEntries(tensors(manifest.batch));
      const hot = tf.oneHot(labels, 10);
      const loss = () => tf.losses.softmaxCrossEntropy(hot, mlp(p, images));
      run = { p, loss, optimizer: tf.train.adam(1e-3, 0.9, 0.999, 1e-8) };
    },

    async differentiate() {
      const { value, grads } = tf.variableGrads(run.loss, Object.values(run.p));
      const gradients = [];
      for (const { name } of Object.values(run.p)) gradients.push(await grads[name].data());
      return { loss: (await value.data())[0], gradients };
    },

    run: (steps) =>
      takeSteps(async () => {
        const loss = run.optimizer.minimize(run.loss, true, Object.values(run.p));
        const [value] = await loss.data();
        loss.dispose();
        return value;
      }, steps),
  };
}
