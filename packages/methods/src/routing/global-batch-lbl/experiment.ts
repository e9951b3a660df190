import { type Arm, type ArmContext, defineExperiment } from '@evenkeel/lab';
import { type Era, loadEras } from '../eras.js';
import { languagePart, windowsPerEra } from '../languageTraining.js';
import { inTurn } from '../parts.js';
import { balanceLoss, type Domains, domainsPart, keyed, loadDomains, topTwo } from './domains.js';
import type { BalanceLevel, LoadBalanceOptions } from './index.js';

interface Data {
  readonly domains: Domains;
  readonly eras: readonly Era[];
}

/** Of the weight among four domains: what the language model has, whose loss has smaller gradients. */
const textWeight = 0.1;

/** Trains on four domains and then on text, with a balancing loss or none. */
const balanceWith = (weight: number, level?: BalanceLevel) =>
  function run({ data, seed, budget, signal }: ArmContext<Data>) {
    const options = (of: number): LoadBalanceOptions | undefined =>
      level && { level, weight: of, ...(level === 'buffer' && { accumulationSteps: 4 }) };
    const text = options(weight * textWeight);
    return inTurn([
      domainsPart({ data: data.domains, balance: options(weight), seed, budget, signal }),
      languagePart({
        ...{ router: topTwo, eras: data.eras, seed, budget, signal },
        balance: (loss, statistics, _router, key) => {
          // A micro-batch is one window.
          const count = data.eras.length * windowsPerEra;
          return { loss: text ? loss.add(balanceLoss(statistics, count, keyed(text, key))) : loss };
        },
      }),
    ]);
  };

const levels = {
  micro: 'Frequencies counted in each micro-batch by itself.',
  global: 'Frequencies counted over the whole batch.',
  buffer: 'The batch comes in four micro-steps of two micro-batches; frequencies of those so far.',
  shuffle: 'Frequencies of as many tokens as a micro-batch has, drawn at random from the whole batch.',
} as const;

const roles = { micro: 'baseline', global: 'method', buffer: 'method', shuffle: 'ablation' } as const;

/** The arm of a level and a weight. */
const arm = (level: BalanceLevel, weight: number, live: boolean): Arm<Data> => ({
  name: `${level}-${weight}`,
  label: `${level}, ${weight}`,
  role: roles[level],
  description: `${levels[level]} Weight ${weight}.`,
  live,
  run: balanceWith(weight, level),
});

export const experiment = defineExperiment<Data>({
  paper: 'global-batch-lbl',
  question:
    'Can experts specialize when they are balanced over the whole batch, and not in every micro-batch?',
  data: {
    description:
      'First four domains, each with a function of its own of 8 features, and a noisy mark of the domain. A batch has 8 ' +
      'micro-batches of 32 tokens, each of one domain. 8 experts 12-8-1, two a token, ' +
      'softmax gates over both; Adam, learning rate 0.005 falling to 0 along a line, 1,000 steps (quick: 300); measured ' +
      'on 4,000 new tokens. ' +
      'Then State of the Union addresses in four eras, a tenth of each held out, and a small language model over ' +
      'characters: attention, and 8 experts, two a token, which have room for a quarter more than their even share. A ' +
      'batch is 4 windows of 32 characters from each era, a micro-batch one window; Adam, learning rate 0.01 falling by a ' +
      'cosine, 300 steps (quick: 100), a tenth of the weight; measured on 1,024 held-out windows. The domains are the ' +
      'same for all seeds; tokens, weights and windows are not.',
    load: async ({ seed, budget }) => ({ domains: loadDomains(seed, budget), eras: await loadEras(seed) }),
  },
  arms: [
    {
      name: 'none',
      label: 'no balancing',
      role: 'baseline',
      description: 'The loss of the task alone.',
      live: true,
      run: balanceWith(0),
    },
    arm('micro', 1, true),
    arm('global', 1, true),
    arm('buffer', 1, false),
    arm('micro', 0.3, false),
    arm('global', 0.3, false),
    arm('buffer', 0.3, false),
    arm('shuffle', 0.3, false),
  ],
  seeds: [0, 1, 2],
  metrics: [
    { name: 'error', label: 'squared error over variance', unit: 'number', better: 'lower' },
    { name: 'logError', label: 'logarithm of that error', unit: 'number', better: 'lower', aside: true },
    { name: 'specialization', label: 'specialization by domain', unit: 'number', better: 'higher' },
    { name: 'maxVio', label: 'MaxVio of all domains together', unit: 'number', better: 'lower' },
    { name: 'microLoss', label: 'balancing loss per micro-batch', unit: 'number', better: 'neither' },
    { name: 'loss', label: 'training error', unit: 'number', better: 'lower' },
    { name: 'trainingMaxVio', label: 'MaxVio in training', unit: 'number', better: 'lower' },
    { name: 'textLoss', label: 'text: held-out loss', unit: 'number', better: 'lower' },
    { name: 'textSpecialization', label: 'text: specialization by era', unit: 'number', better: 'higher' },
    { name: 'textMaxVio', label: 'text: MaxVio', unit: 'number', better: 'lower' },
    { name: 'dropped', label: 'text: choices without room', unit: 'fraction', better: 'lower' },
    { name: 'logDropped', label: 'logarithm of that share', unit: 'number', better: 'lower', aside: true },
    { name: 'textTrainingLoss', label: 'text: training loss', unit: 'number', better: 'lower' },
    { name: 'textTrainingMaxVio', label: 'text: MaxVio in training', unit: 'number', better: 'lower' },
  ],
  claims: [
    {
      statement: 'Balanced over the whole batch, the model is better than balanced in every micro-batch.',
      conditions: [
        { metric: 'logError', arm: 'global-1', minus: 'micro-1', over: 'mean', atMost: Math.log(0.7) },
      ],
    },
    {
      statement: 'A buffer of counts over the micro-steps so far gains a part of that.',
      conditions: [
        { metric: 'logError', arm: 'buffer-1', minus: 'micro-1', over: 'mean', atMost: Math.log(0.85) },
      ],
    },
    {
      statement: 'Experts specialize by domain, which they cannot when balanced in every micro-batch.',
      conditions: [
        { metric: 'specialization', arm: 'global-1', minus: 'micro-1', over: 'mean', atLeast: 0.2 },
      ],
    },
    {
      statement: 'Over all domains together the experts are still balanced.',
      conditions: [{ metric: 'maxVio', arm: 'global-1', over: 'mean', atMost: 0.35 }],
    },
    {
      statement:
        'It is the mixture of tokens that matters and not their number: as few from the whole batch do as well.',
      conditions: [
        { metric: 'logError', arm: 'shuffle-0.3', minus: 'global-0.3', over: 'mean', atMost: Math.log(1.15) },
        {
          metric: 'logError',
          arm: 'shuffle-0.3',
          minus: 'global-0.3',
          over: 'mean',
          atLeast: Math.log(0.85),
        },
      ],
    },
    {
      statement:
        'In a small language model on real text it balances too: at most half as many choices find no room as ' +
        'without balancing.',
      conditions: [
        { metric: 'logDropped', arm: 'global-1', minus: 'none', over: 'mean', atMost: Math.log(0.5) },
      ],
    },
    {
      statement:
        'There too it predicts better than with balance in every micro-batch, and experts differ more between eras.',
      conditions: [
        { metric: 'textLoss', arm: 'global-1', minus: 'micro-1', over: 'mean', atMost: 0 },
        { metric: 'textSpecialization', arm: 'global-1', minus: 'micro-1', over: 'mean', atLeast: 0 },
      ],
    },
    {
      statement: 'Language models of 3 to 43 billion parameters have a lower perplexity.',
      notTested: 'They are trained on 120 to 400 billion tokens.',
    },
  ],
  curves: ['loss', 'trainingMaxVio', 'textTrainingLoss', 'textTrainingMaxVio'],
  liveSeconds: 60,
});
