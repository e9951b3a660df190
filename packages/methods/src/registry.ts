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

/** The day of the feed on whose list the built-in papers stand, `YYYY-MM-DD`. */
export const catalogueDay = '2025-12-11';

/** All papers, one line each, in the order of their families. */
export const registry: readonly Entry[] = [
  { paper: anyloss },
  { paper: weightCompander },
  { paper: adab2n },
  {
    paper: grokkingEdge,
    experiment: async () => (await import('./training/grokking-edge/experiment.js')).experiment,
  },
  { paper: maid },
  { paper: stn },
  { paper: softhgnn },
  { paper: eurosatAttention },
  { paper: alfLb },
  { paper: globalBatchLbl },
  { paper: roma },
  { paper: sparseOt },
  { paper: ftwt },
  { paper: maskSparsity },
  { paper: wgsef },
  { paper: armor },
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

/** The papers alone, in the order of the registry. */
export const papers: readonly Paper[] = registry.map((entry) => entry.paper);

/** The entry of the paper with this slug; undefined when there is none. */
export function findPaper(slug: string): Entry | undefined {
  return registry.find((entry) => entry.paper.slug === slug);
}
