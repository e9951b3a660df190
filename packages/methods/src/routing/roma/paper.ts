import type { Paper } from '../../paper.js';

export const roma: Paper = {
  slug: 'roma',
  title: 'Routing Manifold Alignment Improves Generalization of Mixture-of-Experts LLMs',
  arxivId: '2511.07419',
  date: '2025-11-10',
  authorCount: 3,
  repository: 'https://github.com/tianyi-lab/RoMA',
  family: 'routing',
  summary:
    'Fine-tunes only the routers of an expert model, pulling the routing of each sample towards similar samples that are already solved.',
  inOneMinute: {
    problem:
      'The routers of pretrained mixture-of-experts language models are far from the best choice of experts, and tuning them on the task loss alone closes only part of the gap.',
    idea: 'A frozen text model embeds every sample. Each sample takes its nearest neighbours among those answered correctly, and a squared-distance penalty pulls its routing weights at the last token towards theirs. Only the routers of the last five layers are trained.',
    cost: 'Embeddings, one pass of the frozen model and a neighbour search beforehand, then the routing weights of three neighbours per sample. About 0.0095 % of the parameters are trained, and inference is unchanged.',
    useWhen:
      'Adapting a pretrained mixture-of-experts language model to a family of tasks, with labelled samples and an embedding that tells the tasks apart.',
    avoidWhen:
      'The embedding says little about the task: with random neighbours a small trial ended below the untuned model. The text open to us names neither the weight of the penalty nor its bandwidth nor the learning rate, so expect to tune them.',
  },
  published: [
    {
      setting: 'DeepSeekMoE-16B-A3B, average accuracy % on 8 benchmarks',
      values: [
        { arm: 'base', value: '66.6' },
        { arm: 'router tuning (cross-entropy only)', value: '70.0' },
        { arm: 'C3PO (test-time)', value: '74.2' },
        { arm: 'RoMA', value: '74.7' },
        { arm: 'oracle routing', value: '80.0' },
      ],
    },
    {
      setting: 'OLMoE-7B-A1B, average accuracy % on 8 benchmarks',
      values: [
        { arm: 'base', value: '67.6' },
        { arm: 'router tuning (cross-entropy only)', value: '71.6' },
        { arm: 'C3PO (test-time)', value: '75.7' },
        { arm: 'RoMA', value: '76.2' },
        { arm: 'oracle routing', value: '81.1' },
      ],
    },
    {
      setting: 'Qwen3-30B-A3B, average accuracy % on 8 benchmarks',
      values: [
        { arm: 'base', value: '74.0' },
        { arm: 'router tuning (cross-entropy only)', value: '75.8' },
        { arm: 'C3PO (test-time)', value: '78.6' },
        { arm: 'RoMA', value: '79.5' },
        { arm: 'oracle routing', value: '83.8' },
      ],
    },
  ],
};
