import { type Arm, type ArmContext, type Condition, defineExperiment } from '@evenkeel/lab';
import { disjointParts, mnist } from '@evenkeel/nn';
import { type Era, loadEras, windowLength } from '../eras.js';
import { languageExperts } from '../languageModel.js';
import { languagePart, windowsPerEra } from '../languageTraining.js';
import { inTurn } from '../parts.js';
import {
  type Assignments,
  drawAssignments,
  fixedTokensPart,
  freshTokensPart,
  inShares,
} from './assignment.js';
import { auxiliaryLoss, type Digits, digitsPart } from './digits.js';
import { type BalancingStep, lossFreeBalancer } from './index.js';

interface Data {
  readonly assignments: Assignments;
  readonly digits: Digits;
  readonly eras: readonly Era[];
}

/** How an arm balances. Steps of the proportional rule are in shares of the tokens. */
interface Way {
  readonly step: BalancingStep;
  /** In place of `step` where the same tokens choose again and again. */
  readonly fixedStep?: BalancingStep;
  /** Weight of an auxiliary loss. */
  readonly auxiliary?: number;
}

/** Balances a network in training, a language model in training, fixed tokens and new tokens, one after the other. */
const balanceBy = ({ step, fixedStep = step, auxiliary = 0 }: Way) =>
  function run({ data, ...context }: ArmContext<Data>) {
    const textTokens = data.eras.length * windowsPerEra * windowLength;
    const router = lossFreeBalancer({ experts: languageExperts, topK: 2, ...inShares(step, textTokens) });
    return inTurn([
      digitsPart({ data: data.digits, step, auxiliary, ...context }),
      languagePart({
        ...{ router, eras: data.eras, ...context },
        balance: (loss, statistics, balancer) => ({
          loss: auxiliary > 0 ? loss.add(auxiliaryLoss(statistics, auxiliary)) : loss,
          router: balancer.update(statistics.load),
        }),
      }),
      fixedTokensPart({ data: data.assignments, step: fixedStep, ...context }),
      freshTokensPart({ data: data.assignments, step, ...context }),
    ]);
  };

const arm = (
  name: string,
  role: Arm['role'],
  [label, description]: readonly [string, string],
  way: Way,
  live = false,
): Arm<Data> => ({ name, label, role, description, live, run: balanceBy(way) });

const proportional = (step: number, schedule: NonNullable<BalancingStep['schedule']>): BalancingStep => ({
  rule: 'proportional',
  step,
  schedule,
});

/** Those whose steps the paper's analysis of fixed tokens is tried with. */
const analysed = ['sign-0.001', 'sign-0.01', 'proportional', 'square-root'];
const inEverySeed = (metric: string, atMost: number) =>
  analysed.map((name): Condition => ({ metric, arm: name, over: 'every-seed', atMost })) as [
    Condition,
    ...Condition[],
  ];

/** Whether `sign-0.01` balances in training: MaxVio under 1, and under a quarter of what it is without. */
const balanced = (maxVio: string, logMaxVio: string): [Condition, ...Condition[]] => [
  { metric: maxVio, arm: 'sign-0.01', over: 'mean', atMost: 1 },
  { metric: logMaxVio, arm: 'sign-0.01', minus: 'none', over: 'mean', atMost: Math.log(0.25) },
];

const noWorse = (metric: string): Condition[] =>
  ['auxiliary-0.01', 'auxiliary-0.1'].map((minus) => ({
    ...{ metric, arm: 'sign-0.01', minus },
    ...{ over: 'mean', atMost: Math.log(1.08) },
  }));

export const experiment = defineExperiment<Data>({
  paper: 'alf-lb',
  question: 'How well does a bias for each expert balance a router, and what does its step size decide?',
  data: {
    description:
      'Four problems, one after the other. Digits: MNIST, 3,000 to train on and 2,000 to test on; a layer of 32 and a ' +
      'residual mixture of 16 experts 32-32-32, two a digit, sigmoid gates over both; Adam 0.003, 600 steps (quick: 200) ' +
      'of 128. Text: a small language model over characters of State of the Union addresses, a tenth held out; attention, ' +
      'and 8 experts, two a token, which have room for a quarter more than their even share; 300 steps (quick: 100) of 512 ' +
      'characters, Adam 0.01 falling by a cosine. Fixed tokens: 512 with affinities sigmoid(z + m) to 16 experts, z and m ' +
      'standard normal, m one for each expert, two experts a token, 2,000 steps (quick: 400). New tokens: 256 such tokens ' +
      'to 8 experts every step, 3,000 steps (quick: 600); regret against the best biases on 20,000 others. Arms without a ' +
      'bias rule keep biases of 0.',
    load: async ({ seed }) => {
      const { train, test } = await mnist();
      const [assignments, eras] = [await drawAssignments(seed), await loadEras(seed)];
      return {
        assignments,
        eras,
        digits: { train: disjointParts(train, { train: 3000 }, seed).train, test },
      };
    },
  },
  arms: [
    arm('none', 'baseline', ['no balancing', 'Biases stay 0.'], { step: { step: 0 } }, true),
    ...[0.01, 0.1].map((weight) =>
      arm(
        `auxiliary-${weight}`,
        'baseline',
        [
          `auxiliary loss, ${weight}`,
          `The usual balancing loss of the batch with weight ${weight}; biases stay 0.`,
        ],
        { step: { step: 0 }, auxiliary: weight },
        weight === 0.1,
      ),
    ),
    ...[0.01, 0.001].map((step) =>
      arm(
        `sign-${step}`,
        'method',
        [`sign rule, ${step}`, `Biases move by ${step} towards balance.`],
        { step: { rule: 'sign', step } },
        step === 0.01,
      ),
    ),
    arm(
      'proportional',
      'ablation',
      ['proportional, 0.05', 'Biases move by 0.05 of the missing share of tokens.'],
      { step: proportional(0.05, 'constant'), fixedStep: proportional(512e-4, 'constant') },
    ),
    arm(
      'square-root',
      'method',
      ['falling as 1/√n', 'By 0.1/√n of the missing share; fixed tokens: the sign rule with 0.02/√n.'],
      {
        step: proportional(0.1, '1/sqrt(n)'),
        fixedStep: { rule: 'sign', step: 0.02, schedule: '1/sqrt(n)' },
      },
    ),
    arm('reciprocal', 'method', ['falling as 1/n', 'By 2/n of the missing share.'], {
      step: proportional(2, '1/n'),
    }),
  ],
  seeds: [0, 1, 2],
  metrics: [
    { name: 'maxVio', label: 'digits: MaxVio on test digits', unit: 'number', better: 'lower' },
    { name: 'testLoss', label: 'digits: test loss', unit: 'number', better: 'lower' },
    { name: 'accuracy', label: 'digits: test accuracy', unit: 'fraction', better: 'higher' },
    { name: 'deadExperts', label: 'digits: experts without a test digit', unit: 'number', better: 'lower' },
    { name: 'textMaxVio', label: 'text: MaxVio', unit: 'number', better: 'lower' },
    { name: 'textLoss', label: 'text: held-out loss', unit: 'number', better: 'lower' },
    { name: 'dropped', label: 'text: choices without room', unit: 'fraction', better: 'lower' },
    { name: 'textSpecialization', label: 'text: specialization by era', unit: 'number', better: 'neither' },
    { name: 'regret', label: 'new tokens: regret', unit: 'number', better: 'lower' },
    { name: 'lateRegret', label: 'new tokens: regret after step 300', unit: 'number', better: 'lower' },
    { name: 'fixedDeviation', label: 'fixed tokens: most off even load', unit: 'number', better: 'lower' },
    { name: 'dual', label: 'fixed tokens: dual objective', unit: 'number', better: 'lower' },
    { name: 'rising', label: 'fixed tokens: steps in which it rose', unit: 'fraction', better: 'lower' },
    {
      name: 'preferenceViolations',
      label: 'fixed tokens: moves to an expert that gained less',
      unit: 'number',
      better: 'lower',
    },
    {
      name: 'identityError',
      label: 'fixed tokens: error of the one-step identity',
      unit: 'number',
      better: 'lower',
    },
    { name: 'loss', label: 'digits: training loss', unit: 'number', better: 'lower' },
    { name: 'trainingMaxVio', label: 'digits: MaxVio in training', unit: 'number', better: 'lower' },
    { name: 'textTrainingLoss', label: 'text: training loss', unit: 'number', better: 'lower' },
    { name: 'textTrainingMaxVio', label: 'text: MaxVio in training', unit: 'number', better: 'lower' },
    { name: 'logMaxVio', label: 'digits: logarithm of MaxVio', unit: 'number', better: 'lower', aside: true },
    {
      name: 'logTestLoss',
      label: 'digits: logarithm of the test loss',
      unit: 'number',
      better: 'lower',
      aside: true,
    },
    {
      name: 'logTextMaxVio',
      label: 'text: logarithm of MaxVio',
      unit: 'number',
      better: 'lower',
      aside: true,
    },
    {
      name: 'logTextLoss',
      label: 'text: logarithm of the held-out loss',
      unit: 'number',
      better: 'lower',
      aside: true,
    },
    {
      name: 'logDropped',
      label: 'text: logarithm of the share without room',
      unit: 'number',
      better: 'lower',
      aside: true,
    },
    {
      name: 'logLateRegret',
      label: 'new tokens: logarithm of the regret after step 300',
      unit: 'number',
      better: 'lower',
      aside: true,
    },
  ],
  claims: [
    {
      statement: 'Fixed tokens end within E - 1 = 15 of an even load.',
      conditions: inEverySeed('fixedDeviation', 15),
    },
    {
      statement: 'A token only leaves an expert for one whose bias gained more.',
      conditions: inEverySeed('preferenceViolations', 0),
    },
    {
      statement:
        'The dual objective falls by what the step gains less what tokens gain by switching, exactly.',
      conditions: inEverySeed('identityError', 1e-9),
    },
    {
      statement: 'A smaller constant step ends nearer the optimum.',
      conditions: [{ metric: 'dual', arm: 'sign-0.001', minus: 'sign-0.01', over: 'every-seed', atMost: 0 }],
    },
    {
      statement: 'With steps that fall as 1/n regret hardly grows any more; with constant ones it does.',
      conditions: [
        { metric: 'lateRegret', arm: 'reciprocal', over: 'mean', atMost: 0.15 },
        {
          metric: 'logLateRegret',
          arm: 'reciprocal',
          minus: 'sign-0.01',
          over: 'mean',
          atMost: Math.log(0.1),
        },
      ],
    },
    {
      statement: 'In training it balances without a loss: MaxVio is small and no expert stays unused.',
      conditions: [
        ...balanced('maxVio', 'logMaxVio'),
        { metric: 'deadExperts', arm: 'sign-0.01', over: 'every-seed', atMost: 0 },
      ],
    },
    {
      statement: 'It costs the task no more than the best auxiliary loss, within 8 %.',
      conditions: noWorse('logTestLoss') as [Condition, ...Condition[]],
    },
    {
      statement:
        'In a small language model on real text it balances as well, and leaves fewer tokens without room.',
      conditions: [
        ...balanced('textMaxVio', 'logTextMaxVio'),
        { metric: 'dropped', arm: 'sign-0.01', minus: 'none', over: 'mean', atMost: 0 },
      ],
    },
    {
      statement: 'There too it costs the task no more than the best auxiliary loss, within 8 %.',
      conditions: noWorse('logTextLoss') as [Condition, ...Condition[]],
    },
    {
      statement:
        'Language models of 1 and 3 billion parameters have a lower perplexity than with an auxiliary loss.',
      notTested: 'They are trained on 100 and 200 billion tokens.',
    },
  ],
  curves: ['trainingMaxVio', 'loss', 'textTrainingMaxVio', 'textTrainingLoss', 'regret', 'fixedDeviation'],
  liveSeconds: 90,
});
