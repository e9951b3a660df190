import { adam, crossEntropy, Linear, relu } from '@evenkeel/nn';
import { normal, splitKey, type Tensor } from '@evenkeel/tensor';
import { workload } from '../workload.js';
import { integers } from './layers.js';

class Mlp {
  readonly layers: readonly Linear[];

  constructor(key: Tensor) {
    const [first, second, third] = splitKey(key, 3);
    this.layers = [new Linear(first, 784, 256), new Linear(second, 256, 256), new Linear(third, 256, 10)];
  }

  call(x: Tensor): Tensor {
    return this.layers.reduce((at, layer, i) => layer.call(i === 0 ? at : relu(at)), x);
  }
}

export const mlp = workload({
  name: 'mlp',
  title: 'MLP 784-256-256-10, batch 128, Adam',
  seed: 0,
  model: (key) => new Mlp(key),
  buffers: () => ({}),
  batch(key) {
    const [images, labels] = splitKey(key);
    return { images: normal(images, [128, 784]), labels: integers(labels, [128], 10) };
  },
  loss: (model, buffers, { images, labels }) => [crossEntropy(model.call(images), labels), buffers],
  optimizer: adam({ learningRate: 1e-3 }),
});
