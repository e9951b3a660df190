import type { Paper } from '../../paper.js';

export const bytescale: Paper = {
  slug: 'bytescale',
  title: 'ByteScale: Efficient Scaling of LLM Training with a 2048K Context Length on More Than 12,000 GPUs',
  arxivId: '2502.21231',
  date: '2025-02-28',
  authorCount: 9,
  family: 'distributed',
  summary:
    'Gives every training sequence only as many devices as its length needs, and balances time instead of tokens.',
  inOneMinute: {
    problem:
      'A fixed mesh of data and context parallelism is sized for the longest sequence, so short ones pay for communication they do not need. Batches of equal token counts still differ in time, since attention grows with the square of the length.',
    idea: 'All ranks form one pool. Short sequences are packed onto single ranks; long ones are spread over just enough of them, fewer where activations can be offloaded behind compute. A scheduler evens out estimated time, and scaling the loss by the total token count keeps the gradient the same under any plan.',
    cost: 'A cost model to profile, a plan on the host for every batch, and a loader that knows all lengths in advance. Offloading takes host memory and bus bandwidth.',
    useWhen:
      'Training on sequences of very mixed length, with contexts of 128K tokens and more, on many devices.',
    avoidWhen:
      'All sequences are about equally long. Where communication is cheap, flexible groups without the balancer came out slower than the fixed mesh in simulation. There is no public code, and some rules of the plan are our reading.',
  },
  published: [
    {
      setting: 'Speed-up in tokens/s over the static mesh, GitHub data, 2M context, 7B / 13B / 30B models',
      values: [{ arm: 'balanced HDP', value: '6.21x - 7.89x' }],
    },
    {
      setting:
        'Speed-up in tokens/s over the static mesh, GitHub data, 2M context, 70B / 8x7B / 8x22B models',
      values: [{ arm: 'balanced HDP', value: '3.42x - 4.28x' }],
    },
    {
      setting: 'Speed-up step by step, LLaMA-7B, 2M context, 1024 GPUs',
      values: [
        { arm: 'static mesh', value: '1.00' },
        { arm: '+ dynamic communication', value: '1.59' },
        { arm: '+ selective offloading', value: '2.01' },
        { arm: '+ balance', value: '3.69' },
        { arm: '+ remote data loader', value: '3.89' },
      ],
    },
  ],
};
