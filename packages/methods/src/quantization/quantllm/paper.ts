import type { Paper } from '../../paper.js';

export const quantllm: Paper = {
  slug: 'quantllm',
  title: 'One QuantLLM for ALL: Fine-tuning Quantized LLMs Once for Efficient Deployments',
  arxivId: '2405.20202',
  date: '2024-05-30',
  authorCount: 7,
  family: 'quantization',
  summary:
    'One fine-tuning run gives a language model whose layers can each be set to 2, 3 or 4 bits, with an adapter for every bit width.',
  inOneMinute: {
    problem:
      'Every memory budget needs its own mix of bit widths, and each mix is normally fine-tuned by itself. If the mixes share trained weights, they disturb each other.',
    idea: 'Every layer is quantized beforehand at every bit width and frozen. Each pair of layer and bit width owns a low-rank adapter that can be merged exactly into the quantizer. A sampler moves the mean bit width up and down over time, so that extreme mixes are trained as well.',
    cost: 'A quantized copy and an adapter for each layer and bit width while training; a step trains only the adapters that were drawn. The paper reports about 8 GPU hours for a 7B model, and finding a good mix takes 150 evaluations.',
    useWhen: 'One language model must be shipped for several memory budgets.',
    avoidWhen:
      'One bit width is enough: in the paper, separate fine-tuning is about as accurate. In small trials separate adapters helped a little at 2 bits, but the balanced sampler did not beat uniform sampling. There is no official code, and how the sampler picks bits per layer is our reading.',
  },
  published: [
    {
      setting: 'LLaMA2-7B, common-sense QA, 5-shot average at 4 / 3 / 2 bits',
      values: [
        { arm: 'GPTQ', value: '71.3 / 52.1 / 36.8' },
        { arm: 'QA-LoRA (retrained per width)', value: '72.4 / 67.7 / 61.7' },
        { arm: 'LLM-QFA (once)', value: '72.4 / 68.0 / 61.7' },
      ],
    },
    {
      setting: 'LLaMA2-13B, common-sense QA, 5-shot average at 4 / 3 / 2 bits',
      values: [
        { arm: 'GPTQ', value: '75.0 / 67.7 / 35.7' },
        { arm: 'QA-LoRA (retrained per width)', value: '75.2 / 68.5 / 68.1' },
        { arm: 'LLM-QFA (once)', value: '75.4 / 72.0 / 68.4' },
      ],
    },
  ],
};
