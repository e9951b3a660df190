import {
  type Arm,
  type ArmContext,
  type Budget,
  defineExperiment,
  type Metrics,
  type Outcome,
  type Progress,
} from '@evenkeel/lab';
import { adam, chain, cosineSchedule, decayWeights, randomSource } from '@evenkeel/nn';
import { argMax, compile, copy, equal, eye, oneHot, type Tensor } from '@evenkeel/tensor';
import {
  type AlignRoutingOptions,
  alignRoutingSteps,
  manifoldLoss,
  type Neighborhoods,
  neighborhoodOverlap,
  neighborhoods,
  routingWeights,
  successfulNeighbors,
} from './index.js';
import {
  answers,
  drawSamples,
  type Mixture,
  measure,
  measureOracle,
  pretrained,
  type Samples,
  tasks,
} from './world.js';

const stepsOf: Readonly<Record<Budget, number>> = { full: 300, quick: 100 };
const learningRate = 2e-2;
const measureEvery = 50;

interface World {
  readonly mixture: Mixture;
  readonly tuning: Samples;
  readonly test: Samples;
  /** Which samples the mixture solves as it comes. */
  readonly success: readonly boolean[];
  /** Their neighbourhoods, by which all arms are measured. */
  readonly hoods: Neighborhoods;
}

const look = compile((mixture: Mixture, samples: Samples) => {
  const { logits, routers } = answers(mixture, samples);
  return {
    right: equal(argMax(logits, -1), samples.labels),
    routing: routingWeights(routers, logits.length(0)),
  };
});

async function loadWorld(seed: number, signal?: AbortSignal): Promise<World> {
  const mixture = await pretrained(seed, signal);
  const [tuning, test] = await copy([drawSamples(seed, 200), drawSamples(1000 + seed, 4000)] as const);
  const success = Array.from(await (await look(mixture, tuning)).right.data(), Boolean);
  return { mixture, tuning, test, success, hoods: await successfulNeighbors(tuning.embeddings, success) };
}

/** How far routing is from that of neighbours, and how many of these have the most similar routing as well. */
async function alignmentOf(routing: Tensor, { hoods, success }: World): Promise<Metrics> {
  const { lists } = await successfulNeighbors(routing, success, { sigma: 1 });
  return {
    manifold: await manifoldLoss(routing, hoods.neighbors, hoods.weights).loss.item(),
    overlap: neighborhoodOverlap(hoods.lists, lists),
  };
}

async function outcomeOf(mixture: Mixture, world: World): Promise<Outcome> {
  const { accuracy, ownExpert, byTask } = await measure(mixture, world.test);
  const { routing } = await look(mixture, world.tuning);
  const metrics = {
    testAccuracy: await accuracy.item(),
    ownExpert: await ownExpert.item(),
    ...(await alignmentOf(routing, world)),
  };
  return { metrics, exhibits: [routingMap((await byTask.toArray()) as number[][])] };
}

const routingMap = (values: number[][]) => ({
  kind: 'heat map' as const,
  title: 'Mean routing weight of test samples',
  rowAxis: 'task',
  columnAxis: 'expert',
  values,
});

type Tuning = Partial<
  Pick<AlignRoutingOptions<Mixture, Samples>, 'lambda' | 'neighbors' | 'target' | 'form' | 'refreshEvery'>
>;

/** Tunes the router; `penalty` is c of c ‖W‖² on it. */
const tune = (options: (context: ArmContext<World>) => Tuning, penalty = 0) =>
  async function* run(context: ArmContext<World>): AsyncGenerator<Progress, Outcome, void> {
    const { data, budget, signal } = context;
    const steps = stepsOf[budget];
    let last = data.mixture;
    for await (const { step, loss, model } of alignRoutingSteps<Mixture, Samples>({
      model: data.mixture,
      call: answers,
      data: data.tuning,
      embed: ({ embeddings }) => embeddings,
      optimizer: chain(
        ...(penalty > 0 ? [decayWeights(2 * penalty)] : []),
        adam({ learningRate: cosineSchedule(learningRate, steps) }),
      ),
      ...{ steps, signal },
      ...options(context),
    })) {
      last = model;
      if (step % measureEvery !== 0) continue;
      const { accuracy } = await measure(model, data.test);
      yield { step, steps, metrics: { testAccuracy: await accuracy.item(), loss } };
    }
    return outcomeOf(last, data);
  };

const withLambda = (lambda: number, rest: Tuning = {}) => tune(() => ({ lambda, ...rest }));

/** Three others each, whoever they are. */
const anyone = (seed: number) => async (_: Tensor, success: readonly boolean[]) => {
  const random = randomSource(seed).fork('neighbors');
  const solved = success.flatMap((each, i) => (each ? [i] : []));
  return neighborhoods(success.map((_each, i) => random.shuffle(solved.filter((j) => j !== i)).slice(0, 3)));
};

// biome-ignore lint/correctness/useYield: nothing is trained.
async function* asItComes({ data }: ArmContext<World>): AsyncGenerator<Progress, Outcome, void> {
  return outcomeOf(data.mixture, data);
}

// biome-ignore lint/correctness/useYield: nothing is trained.
async function* ownExperts({ data }: ArmContext<World>): AsyncGenerator<Progress, Outcome, void> {
  const { accuracy } = await measureOracle(data.mixture, data.test);
  const routing = await copy(oneHot(data.tuning.tasks, tasks));
  const alignment = await alignmentOf(routing, data);
  return {
    metrics: { testAccuracy: await accuracy.item(), ownExpert: 1, ...alignment },
    exhibits: [routingMap((await eye(tasks).toArray()) as number[][])],
  };
}

const arm = (
  name: string,
  role: Arm['role'],
  [label, description]: readonly [string, string],
  run: Arm<World>['run'],
  live = false,
): Arm<World> => ({ name, label, role, description, live, run });

export const experiment = defineExperiment<World>({
  paper: 'roma',
  question:
    'Does a router do better when similar samples that are already solved draw its choices to theirs?',
  data: {
    description:
      'Eight tasks with an expert each, trained beforehand and frozen: 6 numbers to 3 classes. The router sees the ' +
      'centre of the task under noise (0.9) among 48 numbers that mean nothing, and begins with 0.35 of the centres as ' +
      'its weights, under noise of 0.25; two experts a sample. The embedding is the centre under noise of 0.4. 200 ' +
      'samples to tune on, 300 steps (quick: 100) of all of them with Adam at 0.02 falling to 0 by a cosine; 4,000 to ' +
      'test. Neighbours: 3 of those that are solved beforehand, σ = half the median distance. A seed is one of experts, ' +
      'router and samples.',
    load: ({ seed, signal }) => loadWorld(seed, signal),
  },
  arms: [
    arm('base', 'baseline', ['as it comes', 'The router before tuning.'], asItComes, true),
    arm('tuning', 'baseline', ['router tuning', 'The router tuned by the task alone.'], withLambda(0), true),
    arm('roma', 'method', ['RoMA, λ = 3', 'Router tuning with the manifold term.'], withLambda(3), true),
    arm('roma-1', 'method', ['RoMA, λ = 1', 'A third of the term.'], withLambda(1)),
    arm('roma-10', 'method', ['RoMA, λ = 10', 'Three times the term.'], withLambda(10)),
    arm(
      'both',
      'ablation',
      ['both move', 'λ = 3; neighbours move to the sample as well.'],
      withLambda(3, { target: 'both' }),
    ),
    arm(
      'initial',
      'ablation',
      ['to where neighbours were', 'λ = 3; neighbours’ routing is that before tuning.'],
      withLambda(3, { target: 'initial' }),
    ),
    arm(
      'unfiltered',
      'ablation',
      ['unfiltered', 'λ = 3; neighbours may be unsolved.'],
      withLambda(3, {
        neighbors: (embeddings, success) =>
          successfulNeighbors(
            embeddings,
            success.map(() => true),
          ),
      }),
    ),
    arm(
      'random',
      'ablation',
      ['random neighbours', 'λ = 3; three solved samples at random, weighed alike.'],
      tune(({ seed }) => ({ lambda: 3, neighbors: anyone(seed) })),
      true,
    ),
    arm('one', 'ablation', ['one neighbour', 'λ = 3, k = 1.'], withLambda(3, { neighbors: { k: 1 } })),
    arm('ten', 'ablation', ['ten neighbours', 'λ = 3, k = 10.'], withLambda(3, { neighbors: { k: 10 } })),
    arm(
      'l2',
      'baseline',
      ['L2, 0.001', 'Router tuning with 0.001 ‖W‖² on the router.'],
      tune(() => ({ lambda: 0 }), 1e-3),
    ),
    arm(
      'l2-strong',
      'baseline',
      ['L2, 0.01', 'Router tuning with 0.01 ‖W‖² on the router.'],
      tune(() => ({ lambda: 0 }), 1e-2),
    ),
    arm(
      'oracle',
      'baseline',
      ['own experts', 'Every sample goes to the expert of its task: what routing can reach.'],
      ownExperts,
    ),
  ],
  seeds: [0, 1, 2, 3, 4, 5],
  metrics: [
    { name: 'testAccuracy', label: 'test accuracy', unit: 'fraction', better: 'higher' },
    {
      name: 'ownExpert',
      label: 'test samples whose first expert is their own',
      unit: 'fraction',
      better: 'higher',
    },
    { name: 'manifold', label: 'mean manifold loss', unit: 'number', better: 'neither' },
    {
      name: 'overlap',
      label: 'neighbours with the most similar routing',
      unit: 'fraction',
      better: 'neither',
    },
  ],
  claims: [
    {
      statement: 'Aligned routing generalizes better than router tuning by the task alone.',
      conditions: [{ metric: 'testAccuracy', arm: 'roma', minus: 'tuning', over: 'mean', atLeast: 0.015 }],
    },
    {
      statement: 'It is clearly better than the router as it comes.',
      conditions: [{ metric: 'testAccuracy', arm: 'roma', minus: 'base', over: 'mean', atLeast: 0.04 }],
    },
    {
      statement:
        'What helps is that neighbours are alike: with random ones nothing is gained on the router as it comes.',
      conditions: [{ metric: 'testAccuracy', arm: 'random', minus: 'base', over: 'mean', atMost: 0 }],
    },
    {
      statement: 'The manifold term does more than an L2 penalty on the router, weak or strong.',
      conditions: [
        { metric: 'testAccuracy', arm: 'roma', minus: 'l2', over: 'mean', atLeast: 0 },
        { metric: 'testAccuracy', arm: 'roma', minus: 'l2-strong', over: 'mean', atLeast: 0 },
      ],
    },
    {
      statement: 'Three neighbours do better than one.',
      conditions: [{ metric: 'testAccuracy', arm: 'roma', minus: 'one', over: 'mean', atLeast: 0 }],
    },
    {
      statement:
        'Tuning the last five routers at the last token is best, and brings 7 to 9 points on language models.',
      notTested:
        'It takes pretrained language models of 7 to 30 billion parameters; here is one layer and one token, and the router is the only one.',
    },
  ],
  curves: ['testAccuracy'],
  liveSeconds: 12,
});
