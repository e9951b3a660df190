import {
  crossEntropy,
  type GradientTransform,
  masked,
  type RouterStatistics,
  selectParameters,
  train,
} from '@evenkeel/nn';
import { argMax, compile, equal, formatShape, ShapeError, slice, type Tensor } from '@evenkeel/tensor';
import { requireNotNegative, requireOneOf, requireWhole } from '../checks.js';
import { type Batch, batchOf, batchRows, type LabelledSamples, type Neighbors } from './batches.js';
import { type ManifoldOptions, manifoldLoss, type RoutingOptions, routingWeights } from './manifold.js';
import { type NeighborOptions, neighborhoodOverlap, successfulNeighbors } from './neighbors.js';

/** What a model answers, and what its routers did on the way. */
export interface RoutedAnswers {
  /** `[n, classes]` */
  readonly logits: Tensor;
  /** Of each mixture, from the first layer to the last: statistics of `n · tokens` rows. */
  readonly routers: readonly Pick<RouterStatistics, 'scores' | 'experts'>[];
}

/** Chooses whose routing each sample is drawn to. */
export type NeighborFinder = (embeddings: Tensor, success: readonly boolean[]) => Promise<Neighbors>;

export interface AlignRoutingOptions<Model, Samples extends LabelledSamples> extends RoutingOptions {
  readonly model: Model;
  readonly call: (model: Model, samples: Samples) => RoutedAnswers;
  readonly data: Samples;
  /** Embeddings of the samples' tasks by any frozen model, `[n, features]`. */
  readonly embed: (samples: Samples) => Tensor | Promise<Tensor>;
  /** Of the routers' parameters; `/gate\.weight$/` unless said. */
  readonly routers?: RegExp;
  /** How many routers are trained and aligned, from the last one; 5 unless said, or all where there are fewer. */
  readonly lastLayers?: number;
  /** Of the manifold term; 3 unless said. 0 is router tuning by the task alone. */
  readonly lambda?: number;
  /** How neighbours are found; see `successfulNeighbors`. */
  readonly neighbors?: NeighborOptions | NeighborFinder;
  readonly target?: NonNullable<ManifoldOptions['target']>;
  /** Steps after which successes and neighbourhoods are found anew; never unless said. */
  readonly refreshEvery?: number;
  readonly steps: number;
  /** Samples of a step; all unless said. Neighbours are computed beside them. */
  readonly batchSize?: number;
  readonly optimizer: GradientTransform;
  /** Of the order of samples; 0 unless said. */
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: (message: string) => void;
}

/** How routing stands. */
export interface Alignment {
  /** Share of the samples that are answered correctly. */
  readonly accuracy: number;
  /** Mean L_manifold over the samples. */
  readonly manifold: number;
  /** Share of the samples' neighbours that have the most similar routing as well. */
  readonly overlap: number;
}

export interface AlignmentProgress<Model> {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Use it before the next step, which takes its tensors over. */
  readonly model: Model;
}

export interface AlignedRouting<Model> {
  readonly model: Model;
  /** Loss of the last step's samples, before its update. */
  readonly loss: number;
  readonly before: Alignment;
  readonly after: Alignment;
}

/**
 * Routing manifold alignment (arXiv 2511.07419): tunes nothing but the routers of the last layers, by
 *
 *   L(i) = CE(f(x_i, r_i), y_i) + λ L_manifold(i)
 *
 * which draws the routing of each sample to that of its neighbours among the samples that the model already solves: see
 * `successfulNeighbors` and `manifoldLoss`. All other parameters stay bit by bit as they are, and inference does not
 * change. The text leaves open when successes are evaluated, whether neighbours move too, λ, σ and the learning rate:
 * defaults are once, with the model as it comes; not; 3; and half the median distance.
 * @throws RangeError for a negative λ, routers that are no parameters of the model and other options outside their range;
 *   ShapeError for embeddings of another number than there are samples; what `successfulNeighbors` throws
 */
export async function alignRouting<Model, Samples extends LabelledSamples>(
  options: AlignRoutingOptions<Model, Samples>,
): Promise<AlignedRouting<Model>> {
  const run = alignRoutingSteps(options);
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

/** As `alignRouting`, yielding after each step. */
export async function* alignRoutingSteps<Model, Samples extends LabelledSamples>(
  options: AlignRoutingOptions<Model, Samples>,
): AsyncGenerator<AlignmentProgress<Model>, AlignedRouting<Model>, void> {
  const trained = requireOptions(options);
  const finder = await finderOf(options);
  const observer = observerOf(options);
  try {
    return yield* tuneRouters(options, { trained, finder, observer });
  } finally {
    await observer.release();
  }
}

interface Tools<Model> {
  /** Of the parameters that are trained. */
  readonly trained: RegExp;
  readonly finder: (success: readonly boolean[]) => Promise<Neighbors>;
  readonly observer: Observer<Model>;
}

async function* tuneRouters<Model, Samples extends LabelledSamples>(
  options: AlignRoutingOptions<Model, Samples>,
  { trained, finder, observer }: Tools<Model>,
): AsyncGenerator<AlignmentProgress<Model>, AlignedRouting<Model>, void> {
  const { model, data, steps, signal, lambda = 3, target = 'detached', refreshEvery } = options;
  const first = await observer.observe(model);
  const hoods = await finder(first.success);
  let current = { model, hoods, loss: Number.NaN };
  async function* batches(): AsyncGenerator<Batch<Samples>, void, void> {
    const rows = batchRows(options);
    for (let step = 0; ; step++) {
      if (refreshEvery !== undefined && step > 0 && step % refreshEvery === 0) {
        const { success } = await observer.observe(current.model);
        current = { ...current, hoods: await finder(success) };
      }
      const initial = target === 'initial' ? first.routing : undefined;
      yield batchOf(data, current.hoods, rows.next().value, { initial, alone: lambda === 0 });
    }
  }
  const loss = (each: Model, { samples, neighbors, weights, initial }: Batch<Samples>) => {
    const { logits, routing } = answersOf(options, each, samples);
    const own = (x: Tensor) => firstRows(x, neighbors.length(0));
    const task = crossEntropy(own(logits), own(samples.labels));
    if (lambda === 0) return task;
    const term = manifoldLoss(own(routing), neighbors, weights, { target, of: initial ?? routing });
    return task.add(term.loss.mul(lambda));
  };
  const optimizer = masked(options.optimizer, trained);
  for await (const progress of train({ model, loss, optimizer, batches: batches(), steps, signal })) {
    const { step, loss: value, model: next } = progress;
    current = { ...current, model: next, loss: value };
    yield { step, steps, loss: value, model: next };
  }
  const [before, after] = [await observer.align(model, hoods), await observer.align(current.model, hoods)];
  return { model: current.model, loss: current.loss, before, after };
}

const firstRows = (x: Tensor, count: number): Tensor =>
  slice(
    x,
    x.shape.map(() => 0),
    [count, ...x.shape.slice(1)],
  );

/** @returns a pattern of the parameters that are trained */
function requireOptions<Model, Samples extends LabelledSamples>({
  model,
  routers = /gate\.weight$/,
  lastLayers = 5,
  lambda = 3,
  target = 'detached',
  refreshEvery = 1,
  batchSize = 1,
}: AlignRoutingOptions<Model, Samples>): RegExp {
  const name = 'alignRouting';
  requireNotNegative(name, 'lambda', lambda);
  requireOneOf(name, 'target', target, ['detached', 'both', 'initial']);
  for (const [what, value] of Object.entries({ lastLayers, refreshEvery, batchSize })) {
    requireWhole(name, what, value, [1, Number.POSITIVE_INFINITY]);
  }
  const paths = Object.keys(selectParameters(model, routers)).slice(-lastLayers);
  return new RegExp(`^(${paths.map((path) => path.replaceAll('.', '\\.')).join('|')})$`);
}

/** Answers and the routing of the layers that are aligned. */
function answersOf<Model, Samples extends LabelledSamples>(
  { call, lastLayers = 5, form, token }: AlignRoutingOptions<Model, Samples>,
  model: Model,
  samples: Samples,
): { logits: Tensor; routing: Tensor } {
  const { logits, routers } = call(model, samples);
  const layers = routers.slice(-lastLayers);
  return {
    logits,
    routing: routingWeights(layers, logits.length(0), { ...(form && { form }), ...(token && { token }) }),
  };
}

async function finderOf<Model, Samples extends LabelledSamples>({
  data,
  embed,
  neighbors = {},
  onWarning,
}: AlignRoutingOptions<Model, Samples>) {
  const embeddings = await embed(data);
  if (embeddings.rank !== 2 || embeddings.length(0) !== data.labels.length(0)) {
    throw new ShapeError(
      `alignRouting: embed: expected [${data.labels.length(0)}, features], got ${formatShape(embeddings.shape)}`,
    );
  }
  const find: NeighborFinder =
    typeof neighbors === 'function'
      ? neighbors
      : (points, success) =>
          successfulNeighbors(points, success, { ...(onWarning && { onWarning }), ...neighbors });
  return (success: readonly boolean[]) => find(embeddings, success);
}

interface Observer<Model> {
  observe(model: Model): Promise<{ readonly success: readonly boolean[]; readonly routing: Tensor }>;
  align(model: Model, neighbors: Neighbors): Promise<Alignment>;
  release(): Promise<void>;
}

/** Looks at all samples. */
function observerOf<Model, Samples extends LabelledSamples>(
  options: AlignRoutingOptions<Model, Samples>,
): Observer<Model> {
  const { data } = options;
  const look = compile((model: Model, samples: Samples) => {
    const { logits, routing } = answersOf(options, model, samples);
    return { right: equal(argMax(logits, -1), samples.labels), routing };
  });
  const observe = async (model: Model) => {
    const { right, routing } = await look(model, data);
    return { success: Array.from(await right.data(), Boolean), routing };
  };
  const align = async (model: Model, { lists, neighbors, weights }: Neighbors) => {
    const { success, routing } = await observe(model);
    const k = Math.max(1, ...lists.map((list) => list.length));
    // Routing may have collapsed to a point, where any width does: nearest is nearest.
    const near = await successfulNeighbors(routing, successesOf(lists), { k, sigma: 1 });
    return {
      accuracy: success.filter(Boolean).length / success.length,
      manifold: await manifoldLoss(routing, neighbors, weights).loss.item(),
      overlap: neighborhoodOverlap(lists, near.lists),
    };
  };
  return { observe, align, release: () => look.release() };
}

/** Those that stand in a list. */
function successesOf(lists: readonly (readonly number[])[]): boolean[] {
  const chosen = new Set(lists.flat());
  return lists.map((_, i) => chosen.has(i));
}
