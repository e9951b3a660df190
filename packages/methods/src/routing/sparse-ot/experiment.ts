import { type Arm, type ArmContext, type Condition, defineExperiment } from '@evenkeel/lab';
import { type Router, type RouterStatistics, topKRouter } from '@evenkeel/nn';
import { sigmoid, softmax, type Tensor } from '@evenkeel/tensor';
import { type Era, loadEras } from '../eras.js';
import { loadBalanceLoss } from '../global-batch-lbl/index.js';
import { languagePart } from '../languageTraining.js';
import { inTurn } from '../parts.js';
import { sinkhornRouter } from './baselines.js';
import { sparseTransportRouter } from './index.js';
import { drawTrials, pointsPart, type Trials, tokensPart } from './trials.js';
import { byRouterSteps, entropically, greedily, sparsely, type Way } from './ways.js';

interface Data {
  readonly trials: Trials;
  readonly eras: readonly Era[];
}

/** Most nonzeros of a column: sources of a target, tokens of an expert, and characters of an expert. */
type Limits = readonly [points: number, tokens: number, characters: number];

/** Of the usual balancing loss, where an arm has one. */
const balancingWeight = 0.1;

function withBalancing(loss: Tensor, { scores, experts }: RouterStatistics): { readonly loss: Tensor } {
  const probabilities = softmax(scores).reshape([1, ...scores.shape]);
  const chosen = experts.reshape([1, ...experts.shape]);
  return { loss: loss.add(loadBalanceLoss(probabilities, chosen, { weight: balancingWeight }).loss) };
}

/** Routes a language model in training, whose steps are the same in both budgets, then carries points and tokens. */
const carryBy = (way: Way, [points, tokens]: Limits, router: Router, balanced = false) =>
  function run({ data: { trials, eras }, seed, signal }: ArmContext<Data>) {
    const trial = { data: trials, way, signal };
    return inTurn([
      languagePart({
        ...{ router, eras, seed, signal },
        budget: 'quick',
        balance: balanced ? withBalancing : (loss) => ({ loss }),
      }),
      pointsPart({ ...trial, k: points }),
      tokensPart({ ...trial, k: tokens }),
    ]);
  };

const noLimit: Limits = [24, 96, 512];

/** Each character to the one expert of which the plan gives it most. */
const routerOf = ([, , capacity]: Limits, iterations: number): Router => {
  const router = sparseTransportRouter({ capacity, iterations, choices: 1 });
  return (logits) => router(sigmoid(logits));
};

const sparseArm = (name: string, role: Arm['role'], limits: Limits, live = false): Arm<Data> => ({
  ...{ name, role, live },
  label: `k = ${limits[0]}`,
  description: `At most ${limits[0]} sources a target, ${limits[1]} tokens and ${limits[2]} characters an expert.`,
  run: carryBy(sparsely, limits, routerOf(limits, 20)),
});

/** The limits, from the least that can hold everything to none. */
const levels = ['k-1', 'k-2', 'k-3', 'k-4', 'k-8', 'none'] as const;
const middle: Limits = [3, 18, 96];

const eachAtMost = (metric: string, most: readonly number[]) =>
  most.map((atMost, i): Condition => ({ metric, arm: levels[i]!, over: 'every-seed', atMost }));

/** From each level to the next. */
const steps = (metric: string, threshold: { atLeast: number } | { atMost: number }) =>
  levels
    .slice(1)
    .map((arm, i): Condition => ({ metric, arm, minus: levels[i]!, over: 'mean', ...threshold })) as [
    Condition,
    ...Condition[],
  ];

export const experiment = defineExperiment<Data>({
  paper: 'sparse-ot',
  question:
    'What does transport with at most k nonzeros in a column cost, and how well does it route tokens?',
  data: {
    description:
      'Three problems. Points: 24 in the plane, standard normal, to 24 others, 0.8 n + (1, 1); the ' +
      'cost is the squared distance over the largest; even masses, γ = 4. Tokens: 96 with affinities ' +
      'sigmoid(z + 1.2 m) to 8 experts, z and m standard normal, m one for each expert, γ = 10. Both by L-BFGS, at most ' +
      '300 steps. Text: a small language model over characters of State of the Union addresses, a tenth held out; ' +
      'attention, and 8 experts of which a character goes to one, with room for a quarter more than their even share; 100 ' +
      'steps (both budgets) of 512 characters, Adam 0.01 falling by a cosine; the router takes 20 steps, γ = 51.2, ' +
      'sigmoids of the scores. Where a character goes depends on the whole batch.',
    load: async ({ seed }) => ({ trials: drawTrials(seed), eras: await loadEras(seed) }),
  },
  arms: [
    {
      name: 'greedy',
      label: 'each to its best',
      role: 'baseline',
      description:
        'Every row goes where it is cheapest, whatever columns get. Text: the expert with the highest score.',
      live: true,
      run: carryBy(greedily, noLimit, topKRouter(1)),
    },
    {
      name: 'balanced',
      label: 'each to its best, balanced',
      role: 'baseline',
      description:
        'The same; on text with a balancing loss of weight 0.1 over the batch, the best of 0.01, 0.1 and 1 within 0.001.',
      live: false,
      run: carryBy(greedily, noLimit, topKRouter(1), true),
    },
    {
      name: 'entropic',
      label: 'entropic',
      role: 'baseline',
      description:
        'Transport with an entropy, ε = 0.05, by Sinkhorn’s iterations: no entry is zero. Text: the largest entry of each character, after 20 iterations.',
      live: true,
      run: carryBy(entropically, noLimit, sinkhornRouter(0.05, 20, sigmoid)),
    },
    sparseArm('k-1', 'ablation', [1, 12, 64]),
    sparseArm('k-2', 'method', [2, 15, 80], true),
    sparseArm('k-3', 'method', middle),
    sparseArm('k-4', 'method', [4, 24, 128]),
    sparseArm('k-8', 'method', [8, 48, 256]),
    {
      ...sparseArm('none', 'baseline', noLimit),
      label: 'quadratic',
      description: 'Without a limit: what the squared norm alone leaves.',
    },
    {
      name: 'steps',
      label: 'k = 3, the router’s steps',
      role: 'ablation',
      description: 'As k = 3, by 50 accelerated gradient steps in place of L-BFGS, on text in place of 20.',
      live: false,
      run: carryBy(byRouterSteps, middle, routerOf(middle, 50)),
    },
  ],
  seeds: [0, 1, 2],
  metrics: [
    { name: 'transportCost', label: 'points: cost ⟨T, C⟩', unit: 'number', better: 'lower' },
    { name: 'objective', label: 'points: what was maximized', unit: 'number', better: 'neither' },
    { name: 'mostNonzeros', label: 'points: most sources of a target', unit: 'number', better: 'lower' },
    { name: 'rowError', label: 'points: what rows miss, in all', unit: 'number', better: 'lower' },
    { name: 'iterations', label: 'points: iterations to 1e-4 of the end', unit: 'number', better: 'lower' },
    { name: 'iterationDoublings', label: 'points: log₂ of these', unit: 'number', better: 'lower' },
    {
      name: 'aboveAssignment',
      label: 'eight points: cost above the best assignment’s',
      unit: 'number',
      better: 'neither',
    },
    { name: 'affinity', label: 'tokens: affinity ⟨T, A⟩', unit: 'number', better: 'higher' },
    { name: 'mostTokens', label: 'tokens: most of an expert', unit: 'number', better: 'lower' },
    { name: 'left', label: 'tokens: without an expert', unit: 'fraction', better: 'lower' },
    { name: 'tokenError', label: 'tokens: what they miss, in all', unit: 'number', better: 'lower' },
    { name: 'textLoss', label: 'text: held-out loss', unit: 'number', better: 'lower' },
    { name: 'dropped', label: 'text: characters without an expert', unit: 'fraction', better: 'lower' },
    { name: 'textMaxVio', label: 'text: MaxVio', unit: 'number', better: 'lower' },
    { name: 'textSpecialization', label: 'text: specialization by era', unit: 'number', better: 'neither' },
    { name: 'textTrainingLoss', label: 'text: training loss', unit: 'number', better: 'lower' },
    { name: 'textTrainingMaxVio', label: 'text: MaxVio in training', unit: 'number', better: 'lower' },
  ],
  claims: [
    {
      statement: 'No column has more than k nonzeros, where the squared norm alone leaves more than eight.',
      conditions: [
        ...eachAtMost('mostNonzeros', [1, 2, 3, 4, 8]),
        { metric: 'mostNonzeros', arm: 'none', over: 'every-seed', atLeast: 9 },
      ] as unknown as [Condition, ...Condition[]],
    },
    {
      statement: 'One nonzero a column gives transport without regularization: the best assignment.',
      conditions: [{ metric: 'aboveAssignment', arm: 'k-1', over: 'every-seed', atMost: 1e-6 }],
    },
    {
      statement: 'The optimum falls as k rises.',
      conditions: steps('objective', { atMost: 0 }),
    },
    {
      statement: 'The cost of transport rises with k, step by step, from the unregularized to the quadratic.',
      conditions: steps('transportCost', { atLeast: 0 }),
    },
    {
      statement:
        'A larger k is smoother and faster: without a limit it takes at most half the iterations of k = 1.',
      conditions: [{ metric: 'iterationDoublings', arm: 'none', minus: 'k-1', over: 'mean', atMost: -1 }],
    },
    {
      statement: 'Rows stay near their masses: they miss less than a fifth in all.',
      conditions: eachAtMost('rowError', [0.2, 0.2, 0.2, 0.2, 0.2, 0.2]) as [Condition, ...Condition[]],
    },
    {
      statement:
        'As a router it never exceeds capacity and leaves at most 5 % of the tokens without an expert.',
      conditions: [
        ...eachAtMost('mostTokens', [12, 15, 18, 24]),
        ...eachAtMost('left', [0.05, 0.05, 0.05, 0.05]),
      ] as [Condition, ...Condition[]],
    },
    {
      statement: 'It sends tokens to experts they like better than entropic transport does.',
      conditions: [{ metric: 'affinity', arm: 'k-3', minus: 'entropic', over: 'every-seed', atLeast: 0 }],
    },
    {
      statement:
        'In a small language model on real text its loss is within 0.01 of that of any other router or below, and fewer characters are without an expert than with the highest score.',
      conditions: [
        { metric: 'textLoss', arm: 'k-2', minus: 'greedy', over: 'mean', atMost: 0.01 },
        { metric: 'textLoss', arm: 'k-2', minus: 'balanced', over: 'mean', atMost: 0.01 },
        { metric: 'textLoss', arm: 'k-2', minus: 'entropic', over: 'mean', atMost: 0.01 },
        { metric: 'dropped', arm: 'k-2', minus: 'greedy', over: 'mean', atMost: 0 },
        { metric: 'dropped', arm: 'k-2', over: 'every-seed', atMost: 0.05 },
      ],
    },
    {
      statement: 'Vision models of 32 experts are at least as accurate as with top-k and entropic routers.',
      notTested: 'They are trained on JFT-300M, which is not public.',
    },
  ],
  curves: ['textTrainingLoss', 'textTrainingMaxVio'],
  liveSeconds: 15,
});
