import {
  batchNorm,
  bernoulli,
  conv,
  foldIn,
  globalAveragePool,
  layerNorm,
  logSoftmax,
  mapTree,
  matMul,
  maxPool,
  mean,
  neg,
  ones,
  randomKey,
  relu,
  reshape,
  softmax,
  sub,
  swapAxes,
  type Tensor,
  take,
  takeAlong,
  tensor,
  triangle,
  valueAndGrad,
  where,
  zeros,
  zerosLike,
} from '../index.js';
import { numbers, type Program, training } from './program.js';

/** Mean cross entropy of logits [n, classes] for labels [n]. */
const crossEntropy = (logits: Tensor, labels: Tensor): Tensor =>
  neg(mean(takeAlong(logSoftmax(logits), reshape(labels, [labels.size, 1]))));

const descend = <T>(parameters: T, gradients: T, rate: number): T =>
  mapTree((w, gradient) => sub(w, gradient.mul(rate)), parameters, gradients);

const labels = tensor([0, 2, 1, 1, 0, 2, 2, 1], 'int32');

function perceptron(): Program {
  const x = numbers([8, 6], 21);
  const start = () => {
    const weights = {
      a: numbers([6, 16], 22).mul(0.4),
      b: numbers([16], 23).mul(0.1),
      c: numbers([16, 3], 24).mul(0.4),
    };
    return { weights, velocity: mapTree(zerosLike, weights) };
  };
  type State = ReturnType<typeof start>;
  const loss = ({ a, b, c }: State['weights'], index: Tensor): Tensor => {
    const kept = bernoulli(foldIn(randomKey(7), index), 0.8, [8, 16]);
    return crossEntropy(matMul(where(kept, relu(matMul(x, a).add(b)), 0), c), labels);
  };
  const step = ({ weights, velocity }: State, index: Tensor): readonly [State, Tensor] => {
    const [value, gradients] = valueAndGrad(loss)(weights, index);
    const moved = mapTree((v, gradient) => v.mul(0.9).add(gradient), velocity, gradients);
    return [{ weights: descend(weights, moved, 0.1), velocity: moved }, value];
  };
  return training('training of a perceptron with dropout and momentum', start, step, 10);
}

function convolutional(): Program {
  const x = numbers([8, 2, 8, 8], 31);
  const start = () => ({
    weights: {
      first: numbers([4, 2, 3, 3], 32).mul(0.4),
      scale: ones([4]),
      second: numbers([8, 4, 3, 3], 33).mul(0.3),
      last: numbers([8, 3], 34),
    },
    running: { mean: zeros([4]), variance: ones([4]) },
  });
  type State = ReturnType<typeof start>;
  const loss = ({ first, scale, second, last }: State['weights'], before: State['running']) => {
    const { output, running } = batchNorm(conv(x, first, { padding: 1 }), before, { scale });
    const pooled = maxPool(relu(output), { kernel: 2 });
    const features = globalAveragePool(relu(conv(pooled, second, { padding: 1, strides: 2 })));
    return [crossEntropy(matMul(features, last), labels), running] as const;
  };
  const step = ({ weights, running }: State): readonly [State, Tensor] => {
    const [value, gradients, next] = valueAndGrad(loss)(weights, running);
    return [{ weights: descend(weights, gradients, 0.1), running: next }, value];
  };
  return training('training of a convolutional network with batch normalization', start, step, 5);
}

function transformer(): Program {
  const [batch, length, width, heads, vocabulary] = [2, 6, 8, 2, 11];
  const letters = tensor([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], 'int32');
  const following = tensor([1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9], 'int32');
  const start = () => ({
    embedding: numbers([vocabulary, width], 41).mul(0.5),
    query: numbers([width, width], 42).mul(0.5),
    key: numbers([width, width], 43).mul(0.5),
    value: numbers([width, width], 44).mul(0.5),
    scale: ones([width]),
    shift: zeros([width]),
  });
  type State = ReturnType<typeof start>;
  const loss = ({ embedding, query, key, value, scale, shift }: State): Tensor => {
    const x = reshape(take(embedding, letters), [batch, length, width]);
    const normal = layerNorm(x, { scale, shift });
    const headsOf = (w: Tensor) =>
      swapAxes(reshape(matMul(normal, w), [batch, length, heads, width / heads]), 1, 2);
    const scores = matMul(headsOf(query), headsOf(key), { transposeB: true }).div(Math.sqrt(width / heads));
    const seen = softmax(where(triangle(length, length), scores, -1e9));
    const attended = reshape(swapAxes(matMul(seen, headsOf(value)), 1, 2), [batch * length, width]);
    const out = reshape(x, [batch * length, width]).add(attended);
    return crossEntropy(matMul(out, embedding, { transposeB: true }), following);
  };
  const step = (weights: State): readonly [State, Tensor] => {
    const [value, gradients] = valueAndGrad(loss)(weights);
    return [descend(weights, gradients, 0.1), value];
  };
  return training('training of a transformer with tied embeddings', start, step, 5);
}

export const trainings: readonly Program[] = [perceptron(), convolutional(), transformer()];
