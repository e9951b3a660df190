import type { Paper } from '../../paper.js';

export const armor: Paper = {
  slug: 'armor',
  title: 'ARMOR: High-Performance Semi-Structured Pruning via Adaptive Matrix Factorization',
  arxivId: '2510.05528',
  date: '2025-10-07',
  repository: 'https://github.com/LawrenceRLiu/ARMOR',
  family: 'pruning',
  summary:
    'Prunes to 2:4 sparsity with each sparse matrix between two small block-diagonal ones, fitted layer by layer without retraining.',
  inOneMinute: {
    problem:
      'Hardware can skip two of every four weights, but choosing and dropping them in one go costs a language model much of its accuracy.',
    idea: 'Each weight matrix becomes a product A S B with S sparse in the 2:4 pattern and A, B block-diagonal. From an ordinary pruned start, gradient steps on all three alternate with exact re-choices of single groups in S, on an error weighted by the size of the inputs.',
    cost: 'Hundreds to thousands of iterations a layer, once, on a few hundred inputs and without training: for a layer 784 × 128 in blocks of 16 one took 3 ms undisturbed and 11 ms in the median of a busy machine, where a training step took 0.6 and 0.8 ms. The outer matrices are stored and multiplied too: with them and the places of kept values, layers of that size take 69 % of the dense bits, against 53 % for plain 2:4; a layer 4,096 wide with blocks of 128 adds 6 % instead of 16 %. An ONNX file holds the zeros: it grew by 17 %, and a call took 1.6 times as long, since ONNX Runtime has no 2:4 kernel for processors.',
    useWhen:
      'Compressing a trained model with wide linear layers for hardware with 2:4 support when retraining is out of the question. It is also a way to fewer bits: on digits, 1 of 4 weights between blocks took 43 % of the dense bits and lost less than plain 2 of 4 at 53 %.',
    avoidWhen:
      'Models run where zeros are not skipped, such as ONNX Runtime on processors, or layers are small: the outer matrices then cost more than is saved. The guarantee of the paper is for cautious gradient steps while its recipe uses Adam, so that we keep the best state seen. Measured speed-ups were not open to us.',
  },
  published: [
    {
      setting: 'Qwen-2.5 7B, MMLU accuracy %, 2:4',
      values: [
        { arm: 'dense', value: '74.19' },
        { arm: 'SparseGPT', value: '56.91' },
        { arm: 'Wanda', value: '52.21' },
        { arm: 'NoWag-P', value: '53.51' },
        { arm: 'ARMOR (+4.95%)', value: '65.56' },
      ],
    },
    {
      setting: 'Qwen-2.5 7B, GSM8K accuracy %, 2:4',
      values: [
        { arm: 'dense', value: '82.33' },
        { arm: 'SparseGPT', value: '36.69' },
        { arm: 'Wanda', value: '31.00' },
        { arm: 'NoWag-P', value: '28.28' },
        { arm: 'ARMOR (+4.95%)', value: '53.28' },
      ],
    },
    {
      setting: 'Qwen-2.5 72B, MMLU accuracy %, 2:4',
      values: [
        { arm: 'dense', value: '86.06' },
        { arm: 'NoWag-P', value: '78.93' },
        { arm: 'ARMOR (+2.4%)', value: '82.40' },
      ],
    },
  ],
  usage: `import { armorModel } from '@evenkeel/methods';
import { adam, crossEntropy, fit, Linear, relu, repeat, Sequential, toOnnx } from '@evenkeel/nn';
import { greater, normal, randomKey, splitKey, type Tensor } from '@evenkeel/tensor';

const [first, last, draws] = splitKey(randomKey(0), 3);
const network = new Sequential(new Linear(first, 64, 32), relu, new Linear(last, 32, 2));
const call = (net: Sequential, inputs: Tensor) => net.call(inputs);
const inputs = normal(draws, [256, 64]);
const labels = greater(inputs.sum({ axis: 1 }), 0).cast('int32');

const trained = await fit({
  model: network,
  loss: (net, batch) => crossEntropy(net.call(batch.inputs), batch.labels),
  optimizer: adam({ learningRate: 0.01 }),
  batches: repeat({ inputs, labels }),
  steps: 200,
});
const { model, layers } = await armorModel(trained.model, {
  call, inputs: [inputs], layers: /steps\\.0/, // inputs like those in use; the last layer has too few outputs
  blockSize: 8, iterations: 300, learningRate: 1e-3,
});
const { relativeLosses, size } = layers['steps.0']!;
console.log(relativeLosses[0], relativeLosses.at(-1), size.share);
const { bytes } = await toOnnx(model, call, { inputs }); // S with its zeros, between the blocks of A and B
console.log(bytes.length);`,
};
