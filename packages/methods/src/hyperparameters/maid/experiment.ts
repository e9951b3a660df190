import { type Arm, type Condition, defineExperiment } from '@evenkeel/lab';
import { fixedAt, hoagWith, learnWith, type Method, maidWith } from './learn.js';
import { loadTasks, type Tasks } from './tasks.js';

interface ArmOptions extends Pick<Arm, 'name' | 'label' | 'role' | 'description'> {
  readonly method: Method;
  readonly live?: boolean;
}

const arm = ({ method, live = false, ...rest }: ArmOptions): Arm<Tasks> => ({
  ...rest,
  live,
  run: learnWith(method),
});

const arms = [
  arm({
    name: 'fixed-1e-1',
    label: 'fixed accuracy 1e-1',
    role: 'baseline',
    description: 'The same steps and line search with ε = δ = 0.1 throughout, until no step is accepted.',
    live: true,
    method: fixedAt(1e-1),
  }),
  arm({
    name: 'fixed-1e-3',
    label: 'fixed accuracy 1e-3',
    role: 'baseline',
    description: 'ε = δ = 0.001 throughout.',
    method: fixedAt(1e-3),
  }),
  arm({
    name: 'fixed-1e-5',
    label: 'fixed accuracy 1e-5',
    role: 'baseline',
    description: 'ε = δ = 0.00001 throughout.',
    method: fixedAt(1e-5),
  }),
  arm({
    name: 'maid',
    label: 'MAID from 1e-1',
    role: 'method',
    description: 'ε and δ from 0.1, steps from 0.01 (pictures: 0.1).',
    live: true,
    method: maidWith(),
  }),
  arm({
    name: 'maid-1e-3',
    label: 'MAID from 1e-3',
    role: 'method',
    description: 'ε and δ from 0.001.',
    method: maidWith({ eps0: 1e-3 }),
  }),
  arm({
    name: 'maid-1e-5',
    label: 'MAID from 1e-5',
    role: 'method',
    description: 'ε and δ from 0.00001.',
    method: maidWith({ eps0: 1e-5 }),
  }),
  arm({
    name: 'maid-short',
    label: 'MAID, first step 1e-5',
    role: 'method',
    description: 'ε and δ from 0.1, steps from 0.00001.',
    method: maidWith({}, { quadratic: 1e-5, pictures: 1e-5 }),
  }),
  arm({
    name: 'maid-long',
    label: 'MAID, first step 10 (1)',
    role: 'method',
    description:
      'ε and δ from 0.1, steps from 10 (pictures: 1, since θ are logarithms there; with 10, refused trials use the whole budget).',
    method: maidWith({}, { quadratic: 10, pictures: 1 }),
  }),
  arm({
    name: 'unchecked',
    label: 'MAID without descent test',
    role: 'ablation',
    description: 'ε and δ from 0.1; only the line search tightens them.',
    method: maidWith({ checkDescent: false }),
  }),
  arm({
    name: 'hoag-geometric',
    label: 'HOAG, geometric',
    role: 'baseline',
    description: 'Accuracies 0.1 · 0.9ᵏ and heuristic steps, the first of length 1.',
    method: hoagWith('geometric'),
  }),
  arm({
    name: 'hoag-quadratic',
    label: 'HOAG, quadratic',
    role: 'baseline',
    description: 'Accuracies 0.1 / (k + 1)².',
    live: true,
    method: hoagWith('quadratic'),
  }),
  arm({
    name: 'hoag-cubic',
    label: 'HOAG, cubic',
    role: 'baseline',
    description: 'Accuracies 0.1 / (k + 1)³.',
    method: hoagWith('cubic'),
  }),
];

const fromAccuracies = ['maid', 'maid-1e-3', 'maid-1e-5'] as const;
const fromSteps = ['maid', 'maid-short', 'maid-long'] as const;
const hoags = ['hoag-geometric', 'hoag-quadratic', 'hoag-cubic'] as const;

type Conditions = [Condition, ...Condition[]];

/** No arm more than the limit above another one. */
const alike = (metric: string, names: readonly string[], atMost: number): Conditions =>
  names.flatMap((one) =>
    names
      .filter((other) => other !== one)
      .map((minus): Condition => ({ metric, arm: one, minus, over: 'every-seed', atMost })),
  ) as Conditions;

export const experiment = defineExperiment<Tasks>({
  paper: 'maid',
  question: 'Can hyperparameters be learned from inexact training runs, without choosing how inexact?',
  data: {
    description:
      'Two problems in float64, learned side by side. Least squares inside least squares: 200 rows, 10 unknowns, 10 ' +
      'hyperparameters, 500 outer steps (quick: 100). Total-variation denoising: weight and smoothing learned on 4 ' +
      'pictures of rectangles, 48 × 48 pixels, with Gaussian noise 0.1, for 3,000 iterations of the inner solver (quick: ' +
      '400), and judged on 4 others. The inner solver is Nesterov’s with the constants of the problem; a = ρⁱ α with ρ = 0.5, ' +
      'ρ̄ = 10/9, ν = 0.5, ν̄ = 1.25, η = λ = 1e-4, at most 10 trials.',
    load: loadTasks,
  },
  arms,
  seeds: [0, 1, 2],
  metrics: [
    { name: 'gap', label: 'quadratic problem: relative gap', unit: 'number', better: 'lower' },
    { name: 'logGap', label: 'logarithm of the gap', unit: 'number', better: 'lower', aside: true },
    { name: 'iterations', label: 'quadratic problem: inner iterations', unit: 'number', better: 'lower' },
    {
      name: 'logIterations',
      label: 'logarithm of the inner iterations',
      unit: 'number',
      better: 'lower',
      aside: true,
    },
    {
      name: 'gapThere',
      label: 'quadratic problem: gap after 10,000 inner iterations',
      unit: 'number',
      better: 'lower',
    },
    {
      name: 'logGapThere',
      label: 'logarithm of the gap after 10,000 inner iterations',
      unit: 'number',
      better: 'lower',
      aside: true,
    },
    { name: 'psnr', label: 'held-out pictures: PSNR in dB', unit: 'number', better: 'higher' },
    { name: 'gain', label: 'held-out pictures: gain by learning in dB', unit: 'number', better: 'higher' },
    { name: 'denoisingLoss', label: 'loss of the pictures learned from', unit: 'number', better: 'lower' },
    {
      name: 'denoisingIterations',
      label: 'inner iterations on the pictures',
      unit: 'number',
      better: 'neither',
    },
  ],
  claims: [
    {
      statement:
        'Where it begins, ε = δ = 1e-1, 1e-3 or 1e-5, hardly matters: gaps lie within 10 % of each other.',
      conditions: alike('logGap', fromAccuracies, Math.log(1.1)),
    },
    {
      statement: 'A fixed accuracy of 1e-1 stalls: its gap is at least three times as wide.',
      conditions: fromAccuracies.map(
        (minus): Condition => ({
          ...{ metric: 'logGap', arm: 'fixed-1e-1', minus },
          ...{ over: 'every-seed', atLeast: Math.log(3) },
        }),
      ) as Conditions,
    },
    {
      statement:
        'It needs at most 0.85 of the inner iterations of fixed accuracy 1e-5, for a gap within 5 %.',
      conditions: fromAccuracies.flatMap((name): Condition[] => {
        const both = { arm: name, minus: 'fixed-1e-5', over: 'every-seed' } as const;
        return [
          { metric: 'logIterations', ...both, atMost: Math.log(0.85) },
          { metric: 'logGap', ...both, atMost: Math.log(1.05) },
        ];
      }) as Conditions,
    },
    {
      statement: 'Nor does the first step size matter, 1e-5, 0.01 or 10: gaps lie within 25 % of each other.',
      conditions: alike('logGap', fromSteps, Math.log(1.25)),
    },
    {
      statement: 'On the quadratic problem it is ahead of HOAG after the same work.',
      conditions: hoags.map(
        (minus): Condition => ({
          ...{ metric: 'logGapThere', arm: 'maid', minus },
          ...{ over: 'every-seed', atMost: 0 },
        }),
      ) as Conditions,
    },
    {
      statement:
        'Total variation as learned denoises held-out pictures better than at the start, and equally well (within 0.1 dB) whatever the first accuracy and step.',
      conditions: [
        { metric: 'gain', arm: 'maid', over: 'mean', atLeast: 1 },
        ...alike('psnr', fromAccuracies, 0.1),
        ...alike('psnr', fromSteps, 0.1),
      ],
    },
    {
      statement: 'On the pictures it comes to a lower loss than HOAG for the same work.',
      conditions: hoags.map(
        (minus): Condition => ({
          ...{ metric: 'denoisingLoss', arm: 'maid', minus },
          ...{ over: 'mean', atMost: 0 },
        }),
      ) as Conditions,
    },
    {
      statement:
        'Softmax regression on MNIST, with a hyperparameter for each of 1,440 weights, comes to a lower validation loss than with HOAG.',
      notTested: 'Descent needs many thousand inner iterations, more than fit into this experiment.',
    },
    {
      statement: 'It learns a field of experts for denoising, robustly and with less work than HOAG.',
      notTested: 'Photographs and a field of filters take more time than this experiment has.',
    },
  ],
  curves: ['gap', 'denoisingLoss', 'psnr'],
  liveSeconds: 30,
});
