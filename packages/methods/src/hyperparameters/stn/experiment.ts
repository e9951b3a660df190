import {
  type Arm,
  type ArmContext,
  type Budget,
  type Condition,
  defineExperiment,
  type Outcome,
  type Progress,
} from '@evenkeel/lab';
import {
  type DigitsOutcome,
  type DigitsTask,
  followDigits,
  loadDigits,
  ratesOf,
  tuneDigits,
} from './digits.js';
import { fixedRidge, followRidge, loadRidge, type RidgeOutcome, type RidgeTask, tuneRidge } from './ridge.js';

interface Tasks {
  readonly ridge: RidgeTask;
  readonly digits: DigitsTask;
}

/** Training steps, and those before the first validation step. */
const stepsOf: Readonly<Record<Budget, Record<keyof Tasks, { steps: number; warmUp: number }>>> = {
  full: { ridge: { steps: 3000, warmUp: 300 }, digits: { steps: 2400, warmUp: 200 } },
  quick: { ridge: { steps: 1200, warmUp: 100 }, digits: { steps: 800, warmUp: 100 } },
};

/** How much of each regularizer: a dropout rate, and λ of ridge regression. */
interface Amount {
  readonly rate: number;
  readonly lambda: number;
}

const weak: Amount = { rate: 0.05, lambda: -6 };
const strong: Amount = { rate: 0.6, lambda: 3 };

type Run = (context: ArmContext<Tasks>) => AsyncGenerator<Progress, Outcome, void>;

/** The progress of a part that follows or precedes others. */
async function* within<Result>(
  part: AsyncGenerator<Progress, Result, void>,
  { from = 0, steps }: { readonly from?: number; readonly steps: number },
): AsyncGenerator<Progress, Result, void> {
  const counted = (progress: Progress): Progress => ({ ...progress, step: from + progress.step, steps });
  let next = await part.next();
  try {
    while (!next.done) {
      yield counted(next.value);
      next = await part.next();
    }
    return next.value;
  } finally {
    // A part that is left on the way frees what it holds.
    if (!next.done) await part.return(undefined as Result);
  }
}

/** The same amount all the time. */
const fixed = ({ rate, lambda }: Amount): Run =>
  async function* run(context) {
    const { steps } = stepsOf[context.budget].digits;
    const ridge = await fixedRidge(context.data.ridge, lambda);
    const digits = yield* followDigits(context, Array(steps).fill([rate, rate, rate]));
    return { ...ridge.metrics, ...digits.metrics };
  };

interface Tuned {
  readonly ridge: RidgeOutcome;
  readonly digits: DigitsOutcome;
}

/** Both tasks tuned by STN; `more` steps come afterwards. */
async function* tune(
  context: ArmContext<Tasks>,
  { rate, lambda }: Amount,
  more = 0,
): AsyncGenerator<Progress, Tuned, void> {
  const parts = stepsOf[context.budget];
  const steps = parts.ridge.steps + parts.digits.steps + more;
  const ridge = yield* within(tuneRidge(context, { ...parts.ridge, initial: lambda }), { steps });
  const from = parts.ridge.steps;
  const digits = yield* within(tuneDigits(context, { ...parts.digits, initial: rate }), { from, steps });
  return { ridge, digits };
}

/** What STN found from the weak start, for arms that need it, by the tasks of their seed. */
const found = new WeakMap<Tasks, Tuned>();

const tuned = (start: Amount): Run =>
  async function* run(context) {
    const { ridge, digits } = yield* tune(context, start);
    if (start === weak) found.set(context.data, { ridge, digits });
    return {
      metrics: { ...ridge.metrics, ...digits.metrics },
      exhibits: [ratesOf(digits.schedule), ...ridge.exhibits],
    };
  };

/** Ordinary training by the schedule that STN found, or all the time by where it ended. */
const following = (way: 'schedule' | 'final'): Run =>
  async function* run(context) {
    const { ridge: ridgeSteps, digits: digitsSteps } = stepsOf[context.budget];
    const own = digitsSteps.steps + (way === 'schedule' ? ridgeSteps.steps : 0);
    const known = found.get(context.data);
    const tuning = known ?? (yield* tune(context, weak, own));
    const from = known ? 0 : ridgeSteps.steps + digitsSteps.steps;
    const [rates, lambdas] = [tuning.digits.schedule, tuning.ridge.schedule];
    const digits = yield* within(
      followDigits(context, way === 'schedule' ? rates : rates.map(() => rates.at(-1)!)),
      { from, steps: from + own },
    );
    const ridge =
      way === 'final'
        ? await fixedRidge(context.data.ridge, lambdas.at(-1)!)
        : yield* within(followRidge(context, lambdas), {
            from: from + digitsSteps.steps,
            steps: from + own,
          });
    return { ...ridge.metrics, ...digits.metrics };
  };

const amounts = {
  'fixed-0.05': weak,
  'fixed-0.2': { rate: 0.2, lambda: -3 },
  'fixed-0.4': { rate: 0.4, lambda: 0 },
  'fixed-0.6': strong,
} as const satisfies Record<string, Amount>;

const fixedArms = Object.entries<Amount>(amounts).map(
  ([name, amount]): Arm<Tasks> => ({
    name,
    label: `fixed ${amount.rate}`,
    role: 'baseline',
    description:
      `Dropout ${amount.rate} in all three places, all the time; ridge regression with λ = ${amount.lambda}.`.replace(
        '-',
        '−',
      ),
    live: amount === weak,
    run: fixed(amount),
  }),
);

/** The validation loss of an arm is at most so many times that of each fixed rate. */
const againstFixed = (arm: string, factor: number) =>
  Object.keys(amounts).map(
    (minus): Condition => ({
      ...{ metric: 'logValidationLoss', arm, minus, over: 'mean' },
      atMost: Math.log(factor),
    }),
  ) as [Condition, ...Condition[]];

export const experiment = defineExperiment<Tasks>({
  paper: 'stn',
  question: 'Can regularization be tuned by gradient descent while the network trains, from a bad start?',
  data: {
    description:
      'Two tasks. Ridge regression with 30 features, 40 samples to train on and 200 to tune on, whose best response is known: 3,000 ' +
      'steps (quick: 1,200), Adam at 0.02, 64 perturbations a step. Digits of MNIST at 14 × 14 pixels, 300 to train on, 500 to tune on and 3,000 to ' +
      'test: a network 196-128-128-10 with dropout of the images and both hidden layers, SGD at 0.05 with momentum 0.9, ' +
      'batches of 64, 2,400 steps (quick: 800); λ by Adam at 0.03. σ₀ = 0.5, τ = 0.001, a validation step for two training steps after ' +
      'warming up (a tenth and a twelfth). The network with the best validation loss of those measured every 50 steps counts.',
    load: async ({ seed }) => ({ ridge: await loadRidge(seed), digits: await loadDigits(seed) }),
  },
  arms: [
    ...fixedArms,
    {
      name: 'stn',
      label: 'STN from 0.05',
      role: 'method',
      description: 'Three dropout rates tuned from 0.05, and λ of ridge regression from −6.',
      live: true,
      run: tuned(weak),
    },
    {
      name: 'stn-strong',
      label: 'STN from 0.6',
      role: 'method',
      description: 'The same from the other side: rates from 0.6, λ from 3.',
      live: false,
      run: tuned(strong),
    },
    {
      name: 'schedule',
      label: 'ordinary, by the schedule',
      role: 'ablation',
      description:
        'Ordinary layers trained by the rates and λ that STN from 0.05 had at each step; its seconds are without finding them.',
      live: false,
      run: following('schedule'),
    },
    {
      name: 'final',
      label: 'ordinary, by the last rates',
      role: 'ablation',
      description: 'Ordinary layers trained all the time by the rates and λ with which STN from 0.05 ended.',
      live: false,
      run: following('final'),
    },
  ],
  seeds: [0, 1, 2],
  metrics: [
    { name: 'validationLoss', label: 'validation loss of digits', unit: 'number', better: 'lower' },
    {
      name: 'logValidationLoss',
      label: 'logarithm of that loss',
      unit: 'number',
      better: 'lower',
      aside: true,
    },
    { name: 'testLoss', label: 'test loss of digits', unit: 'number', better: 'lower' },
    { name: 'testAccuracy', label: 'test accuracy of digits', unit: 'fraction', better: 'higher' },
    { name: 'dropout', label: 'mean dropout rate at the end', unit: 'fraction', better: 'neither' },
    {
      name: 'bestDropout',
      label: 'mean dropout rate where the loss was best',
      unit: 'fraction',
      better: 'neither',
    },
    { name: 'ridgeLambda', label: 'λ of ridge regression', unit: 'number', better: 'neither' },
    {
      name: 'ridgeExcess',
      label: 'ridge error at that λ, of the least on a grid',
      unit: 'number',
      better: 'lower',
    },
    {
      name: 'ridgeOwnExcess',
      label: 'ridge error of the trained weights, of the least on a grid',
      unit: 'number',
      better: 'lower',
    },
  ],
  claims: [
    {
      statement: 'In ridge regression, λ ends where validation error is least, from either side.',
      conditions: [
        { metric: 'ridgeExcess', arm: 'stn', over: 'every-seed', atMost: 1.03 },
        { metric: 'ridgeExcess', arm: 'stn-strong', over: 'every-seed', atMost: 1.03 },
        { metric: 'ridgeLambda', arm: 'stn', minus: 'stn-strong', over: 'every-seed', atMost: 0.6 },
        { metric: 'ridgeLambda', arm: 'stn', minus: 'stn-strong', over: 'every-seed', atLeast: -0.6 },
      ],
    },
    {
      statement:
        'One run that begins with too little dropout ends with more, and a loss at least 15 % lower.',
      conditions: [
        {
          ...{ metric: 'logValidationLoss', arm: 'stn', minus: 'fixed-0.05', over: 'every-seed' },
          atMost: Math.log(0.85),
        },
        { metric: 'dropout', arm: 'stn', over: 'every-seed', atLeast: 0.05 },
      ],
    },
    {
      statement: 'It comes within 10 % of the best of four fixed rates.',
      conditions: againstFixed('stn', 1.1),
    },
    {
      statement: 'It is better than any of the four fixed rates.',
      conditions: againstFixed('stn', 1),
    },
    {
      // A quarter of the distance between the starts.
      statement: 'Dropout converges to the same schedule, whatever it begins with.',
      conditions: [
        { metric: 'dropout', arm: 'stn', minus: 'stn-strong', over: 'every-seed', atMost: 0.14 },
        { metric: 'dropout', arm: 'stn', minus: 'stn-strong', over: 'every-seed', atLeast: -0.14 },
      ],
    },
    {
      statement:
        'An ordinary network gains from the schedule nearly as much, and more than from its last rates.',
      conditions: [
        {
          ...{ metric: 'logValidationLoss', arm: 'schedule', minus: 'stn', over: 'mean' },
          atMost: Math.log(1.1),
        },
        { metric: 'logValidationLoss', arm: 'schedule', minus: 'final', over: 'mean', atMost: 0 },
      ],
    },
    {
      statement: 'Seven or fifteen hyperparameters at once are tuned better than by Bayesian optimization.',
      notTested:
        'It takes a large recurrent network or hundreds of epochs of CIFAR-10, hours on a processor.',
    },
  ],
  curves: ['validationLoss', 'dropout', 'ridgeLambda'],
  liveSeconds: 25,
});
