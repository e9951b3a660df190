import type { Experiment } from '@evenkeel/lab';
import { bytescale } from './distributed/bytescale/paper.js';
import { flagAggregator } from './distributed/flag-aggregator/paper.js';
import { hecate } from './distributed/hecate/paper.js';
import { ccvr } from './federated/ccvr/paper.js';
import { fedtiny } from './federated/fedtiny/paper.js';
import { adaptThenUnlearn } from './finetuning/adapt-then-unlearn/paper.js';
import { baLora } from './finetuning/ba-lora/paper.js';
import { bang } from './finetuning/bang/paper.js';
import { drTune } from './finetuning/dr-tune/paper.js';
import { longTailBackdoor } from './finetuning/long-tail-backdoor/paper.js';
import { maid } from './hyperparameters/maid/paper.js';
import { stn } from './hyperparameters/stn/paper.js';
import { arl } from './multimodal/arl/paper.js';
import { mcr } from './multimodal/mcr/paper.js';
import type { Paper } from './paper.js';
import { armor } from './pruning/armor/paper.js';
import { ftwt } from './pruning/ftwt/paper.js';
import { maskSparsity } from './pruning/mask-sparsity/paper.js';
import { wgsef } from './pruning/wgsef/paper.js';
import { eqNet } from './quantization/eq-net/paper.js';
import { ggPriors } from './quantization/gg-priors/paper.js';
import { quantllm } from './quantization/quantllm/paper.js';
import { quantnas } from './quantization/quantnas/paper.js';
import { adLoad } from './recommendation/ad-load/paper.js';
import { sslRecs } from './recommendation/ssl-recs/paper.js';
import { alfLb } from './routing/alf-lb/paper.js';
import { globalBatchLbl } from './routing/global-batch-lbl/paper.js';
import { roma } from './routing/roma/paper.js';
import { sparseOt } from './routing/sparse-ot/paper.js';
import { infiniteCompute } from './scaling/infinite-compute/paper.js';
import { scalingCrossover } from './scaling/scaling-crossover/paper.js';
import { tokenCrisis } from './scaling/token-crisis/paper.js';
import { adab2n } from './training/adab2n/paper.js';
import { anyloss } from './training/anyloss/paper.js';
import { grokkingEdge } from './training/grokking-edge/paper.js';
import { weightCompander } from './training/weight-compander/paper.js';
import { eurosatAttention } from './vision/eurosat-attention/paper.js';
import { softhgnn } from './vision/softhgnn/paper.js';

export type { Family, Paper, PublishedFigure } from './paper.js';
export { families } from './paper.js';

/** A paper and, once it is implemented, its experiment, loaded only when it is asked for. */
export interface Entry {
  readonly paper: Paper;
  readonly experiment?: () => Promise<Experiment>;
}

/** An experiment that is no paper's: something well known, as a reference for what the toolkit does. */
export interface Example {
  /** Its name in commands, unlike that of any paper. */
  readonly slug: string;
  readonly title: string;
  /** One sentence for lists. */
  readonly summary: string;
  readonly experiment: () => Promise<Experiment>;
}

/** The day of the feed on whose list the built-in papers stand, `YYYY-MM-DD`. */
export const catalogueDay = '2025-12-11';

/** All papers, one line each, in the order of their families. */
export const registry: readonly Entry[] = [
  {
    paper: anyloss,
    experiment: async () => (await import('./training/anyloss/experiment.js')).experiment,
  },
  {
    paper: weightCompander,
    experiment: async () => (await import('./training/weight-compander/experiment.js')).experiment,
  },
  {
    paper: adab2n,
    experiment: async () => (await import('./training/adab2n/experiment.js')).experiment,
  },
  {
    paper: grokkingEdge,
    experiment: async () => (await import('./training/grokking-edge/experiment.js')).experiment,
  },
  {
    paper: maid,
    experiment: async () => (await import('./hyperparameters/maid/experiment.js')).experiment,
  },
  {
    paper: stn,
    experiment: async () => (await import('./hyperparameters/stn/experiment.js')).experiment,
  },
  { paper: softhgnn },
  { paper: eurosatAttention },
  {
    paper: alfLb,
    experiment: async () => (await import('./routing/alf-lb/experiment.js')).experiment,
  },
  {
    paper: globalBatchLbl,
    experiment: async () => (await import('./routing/global-batch-lbl/experiment.js')).experiment,
  },
  {
    paper: roma,
    experiment: async () => (await import('./routing/roma/experiment.js')).experiment,
  },
  {
    paper: sparseOt,
    experiment: async () => (await import('./routing/sparse-ot/experiment.js')).experiment,
  },
  {
    paper: ftwt,
    experiment: async () => (await import('./pruning/ftwt/experiment.js')).experiment,
  },
  {
    paper: maskSparsity,
    experiment: async () => (await import('./pruning/mask-sparsity/experiment.js')).experiment,
  },
  {
    paper: wgsef,
    experiment: async () => (await import('./pruning/wgsef/experiment.js')).experiment,
  },
  {
    paper: armor,
    experiment: async () => (await import('./pruning/armor/experiment.js')).experiment,
  },
  { paper: eqNet },
  { paper: quantnas },
  { paper: quantllm },
  { paper: ggPriors },
  { paper: baLora },
  { paper: drTune },
  { paper: bang },
  { paper: longTailBackdoor },
  { paper: adaptThenUnlearn },
  { paper: arl },
  { paper: mcr },
  { paper: fedtiny },
  { paper: ccvr },
  { paper: flagAggregator },
  { paper: hecate },
  { paper: bytescale },
  { paper: infiniteCompute },
  { paper: tokenCrisis },
  { paper: scalingCrossover },
  { paper: sslRecs },
  { paper: adLoad },
];

/** Reference experiments, which run by their slug as those of papers do. */
export const examples: readonly Example[] = [
  {
    slug: 'mnist-cnn',
    title: 'Handwritten digits',
    summary: 'A small convolutional network reads the digits of MNIST, beside a linear classifier.',
    experiment: async () => (await import('./examples/mnist-cnn/experiment.js')).experiment,
  },
  {
    slug: 'sotu-transformer',
    title: 'Speeches, character by character',
    summary: 'A small transformer learns to write State of the Union addresses, beside counts of characters.',
    experiment: async () => (await import('./examples/sotu-transformer/experiment.js')).experiment,
  },
];

/** The papers alone, in the order of the registry. */
export const papers: readonly Paper[] = registry.map((entry) => entry.paper);

/** The entry of the paper with this slug; undefined when there is none. */
export function findPaper(slug: string): Entry | undefined {
  return registry.find((entry) => entry.paper.slug === slug);
}
