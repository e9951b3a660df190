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
    cost: 'Thousands of iterations per layer, once, with a little calibration data, and a few per cent more parameters and work for the two outer matrices. No retraining.',
    useWhen:
      'Compressing a trained model with wide linear layers for hardware with 2:4 support when retraining is out of the question.',
    avoidWhen:
      'Layers are small: the outer matrices then take back much of the saving. The guarantee is for cautious gradient steps while the recipe uses Adam, so keep the best state seen. Measured speed-ups were not open to us.',
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
};
