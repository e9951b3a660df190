import { crossEntropy, Linear, relu, sgd } from '@evenkeel/nn';
import { normal, splitKey, type Tensor } from '@evenkeel/tensor';
import { workload } from '../workload.js';
import { Conv, integers } from './layers.js';

class Cnn {
  readonly first: Conv;
  readonly second: Conv;
  readonly output: Linear;

  constructor(key: Tensor) {
    const [first, second, output] = splitKey(key, 3);
    this.first = new Conv(first, 1, 32, 3);
    this.second = new Conv(second, 32, 64, 3);
    this.output = new Linear(output, 64 * 14 * 14, 10);
  }

  call(images: Tensor): Tensor {
    const narrow = relu(this.first.call(images, { padding: 1 }));
    const wide = relu(this.second.call(narrow, { padding: 1, strides: 2 }));
    return this.output.call(wide.reshape([wide.length(0), 64 * 14 * 14]));
  }
}

export const cnn = workload({
  name: 'cnn',
  title: 'CNN 1-32-64 (stride 2)-10 on 28 × 28, batch 64, SGD with momentum',
  seed: 0,
  model: (key) => new Cnn(key),
  buffers: () => ({}),
  batch(key) {
    const [images, labels] = splitKey(key);
    return { images: normal(images, [64, 1, 28, 28]), labels: integers(labels, [64], 10) };
  },
  loss: (model, buffers, { images, labels }) => [crossEntropy(model.call(images), labels), buffers],
  optimizer: sgd({ learningRate: 1e-3, momentum: 0.9 }),
});
