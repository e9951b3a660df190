import type { Family } from '@evenkeel/methods/papers';

/** Families as they are called on pages, and what their papers have in common. */
const families: Readonly<Record<Family, { readonly name: string; readonly about: string }>> = {
  training: {
    name: 'Training',
    about: 'Losses, optimizers, normalization and regularizers: what changes in an ordinary training loop.',
  },
  hyperparameters: {
    name: 'Hyperparameters',
    about: 'Tuning settings by their own gradients, while or around training.',
  },
  vision: { name: 'Vision', about: 'Building blocks for recognizing what an image shows.' },
  routing: {
    name: 'Routing',
    about: 'Sending each token to a few experts, and keeping all experts busy.',
  },
  pruning: { name: 'Pruning', about: 'Taking weights or channels out and keeping the accuracy.' },
  quantization: { name: 'Quantization', about: 'Fewer bits for a weight, before or after training.' },
  finetuning: {
    name: 'Fine-tuning',
    about: 'Adapting a trained model, and keeping or removing what it knew.',
  },
  multimodal: {
    name: 'Multimodal',
    about: 'Learning from several kinds of input without one drowning the others.',
  },
  federated: { name: 'Federated', about: 'Training on data that stay where they are, and differ there.' },
  distributed: {
    name: 'Distributed',
    about: 'One training on many workers: planning it and surviving faults.',
  },
  scaling: { name: 'Scaling', about: 'What more data, parameters and repetition bring, and where it ends.' },
  recommendation: { name: 'Recommendation', about: 'Choosing what to show to whom, and how much of it.' },
};

const known: Readonly<Record<string, { readonly name: string; readonly about: string }>> = families;

/** The name of a family; one that only this database knows goes by its own word. */
export const familyName = (family: string): string => known[family]?.name ?? family;

/** What its papers have in common, in a sentence. */
export const familyDescription = (family: string): string | undefined => known[family]?.about;
