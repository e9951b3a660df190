import type { Paper } from '../../paper.js';

export const baLora: Paper = {
  slug: 'ba-lora',
  title:
    'BA-LoRA: Bias-Alleviating Low-Rank Adaptation to Mitigate Catastrophic Inheritance in Large Language Models',
  arxivId: '2408.04556',
  date: '2024-08-08',
  authorCount: 3,
  repository: 'https://github.com/cyp-jlu-ai/BA-LoRA',
  family: 'finetuning',
  summary:
    'Low-rank fine-tuning from the main singular directions, with three penalties on the outputs against inherited bias and noise.',
  inOneMinute: {
    problem:
      'A fine-tuned model keeps biases and label noise of its pretraining data, and noisy task data adds more. A small adapter alone does nothing against either.',
    idea: 'The adapter starts as the top singular components of each weight matrix. Three terms on the logits join the loss: stay near the outputs of the pretrained model, keep outputs diverse, and concentrate their singular values.',
    cost: 'A singular value decomposition per weight matrix at the start; in every step a second forward pass through the frozen model and a decomposition of the batch of logits; three penalty weights to tune.',
    useWhen:
      'Fine-tuning a pretrained model on little or noisy data when what it already knows should be kept.',
    avoidWhen:
      'A second forward pass is too dear. The published weights are meant for large models and hardly act on small ones; in small trials the gain came mainly from staying near the pretrained outputs, and concentrating singular values alone did harm.',
  },
  published: [
    {
      setting: 'GSM8K, average gain over PiSSA on LLaMA-2-7B, Mistral and Gemma',
      values: [{ arm: 'BA-LoRA', value: '+ 1.82 points' }],
    },
    {
      setting: 'GLUE after noisy pretraining, gain over LoRA',
      values: [
        { arm: 'BA-LoRA on BERT-L', value: '+ 2.03 points' },
        { arm: 'BA-LoRA on GPT-2-XL', value: '+ 2.47 points' },
      ],
    },
    {
      setting: 'GLUE-X (out of distribution), gain over LoRA',
      values: [
        { arm: 'BA-LoRA on BERT-L', value: '+ 1.61 points' },
        { arm: 'BA-LoRA on GPT-2-XL', value: '+ 1.90 points' },
      ],
    },
  ],
};
