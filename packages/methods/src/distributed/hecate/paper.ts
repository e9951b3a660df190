import type { Paper } from '../../paper.js';

export const hecate: Paper = {
  slug: 'hecate',
  title: 'Hecate: Unlocking Efficient Sparse Model Training via Fully Sharded Sparse Data Parallelism',
  arxivId: '2502.02581',
  date: '2025-02-04',
  authorCount: 11,
  family: 'distributed',
  summary:
    'Shards experts once over all devices and copies only the busy ones, hidden behind attention, to even out expert load in training.',
  inOneMinute: {
    problem:
      'When experts are spread over devices, the device with the busiest experts sets the pace. Copying experts with their optimizer states takes memory, and moving them about takes time.',
    idea: 'Every expert has one owner with its parameters and optimizer state. Loads predicted from the last steps decide which experts are copied where before a layer runs, and the gradients of the copies are summed at the owner. Ownership is rearranged only now and then.',
    cost: 'Two sparse transfers per layer and step, which should fit behind the attention, and memory for the copies: the paper reports 64 % more than expert parallelism, or 11.6 % if copies are fetched again for the backward pass.',
    useWhen: 'Training mixture-of-experts models on many devices with uneven loads that change slowly.',
    avoidWhen:
      'Loads are even, or change quickly: rearranging ownership then does not pay. There is no public code, and a plan can be checked in simulation but its speed only on a cluster.',
  },
  published: [
    {
      setting: 'Speed-up over expert parallelism, 32 V100, 100 Gbps',
      values: [
        { arm: 'Hecate, 16 GPUs', value: '1.40-1.58x' },
        { arm: 'Hecate, 32 GPUs', value: '1.34-1.78x' },
      ],
    },
    {
      setting: 'Speed-up over expert parallelism, 32 A100, 400 Gbps',
      values: [{ arm: 'Hecate', value: '1.26-1.70x' }],
    },
    {
      setting: 'Memory against expert parallelism',
      values: [
        { arm: 'Hecate', value: '64 % more' },
        { arm: 'Hecate with re-materialization', value: '11.6 % more' },
      ],
    },
  ],
};
