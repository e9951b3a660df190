import { channelGroups, randomSource, type Sequential, shrink } from '@evenkeel/nn';
import { type Tensor, tensor } from '@evenkeel/tensor';
import { type GatedNetwork, type GateMasks, measureGates, packedCall } from './index.js';
import type { Session } from './session.js';
import type { StageProgress } from './training.js';

/** A network behind masks, and how it is called with one digit where what is masked is left out. */
export interface Pruned {
  readonly model: GatedNetwork;
  readonly mask: GateMasks;
  readonly call: (digit: Tensor) => Tensor;
}

/** Trains what it needs, and gives what is to be measured: means over several count. */
export type Preparing = AsyncGenerator<StageProgress, readonly Pruned[], void>;

/** Masks `[channels]` of the gates, the same for all digits. */
type StaticMasks = readonly Tensor[];

const randomMasks = 5;
/** Filters of each layer behind a gate. */
const width = 32;

export async function* denseNetwork(session: Session): Preparing {
  const dense = yield* session.dense.get();
  return [{ model: session.gated(dense), mask: 'open', call: (digit) => dense.call(digit) }];
}

export async function* targetMasks(session: Session): Preparing {
  const model = session.gated(yield* session.dense.get());
  return [{ model, mask: 'target', call: (digit) => model.pass(digit, { mask: 'target' }).output }];
}

export const predictedMasks = (heads: 'heads' | 'softmaxHeads' | 'tuned') =>
  async function* prepare(session: Session): Preparing {
    const model = yield* session[heads].get();
    const counts = await filtersOf(session, model);
    return [{ model, mask: 'predicted', call: (digit) => packedCall(model, digit, counts) }];
  };

export async function* strongestFilters(session: Session): Preparing {
  const counts = await filtersOf(session, yield* session.heads.get());
  const dense = yield* session.dense.get();
  const model = session.gated(dense);
  return [await withStatic(model, await strongest(session, model, counts), dense)];
}

export async function* tunedStrongest(session: Session): Preparing {
  const counts = await filtersOf(session, yield* session.tuned.get());
  const dense = yield* session.dense.get();
  const start = session.gated(dense);
  const masks = await strongest(session, start, counts);
  return [await withStatic(yield* session.tune(start, masks, session.steps.tuned), masks, dense)];
}

export async function* randomFilters(session: Session): Preparing {
  const counts = await filtersOf(session, yield* session.heads.get());
  const dense = yield* session.dense.get();
  const model = session.gated(dense);
  const random = randomSource(session.seed).fork('masks');
  const draw = () => counts.map((count) => maskOf(width, random.permutation(width).subarray(0, count)));
  return Promise.all(Array.from({ length: randomMasks }, () => withStatic(model, draw(), dense)));
}

/** Filters that each gate lets through, mean over the held-out digits, rounded: what static masks may keep. */
async function filtersOf(session: Session, model: GatedNetwork): Promise<number[]> {
  const { gates } = await measureGates(model, [session.test.images]);
  return gates.map(({ active }) => Math.round(active));
}

function maskOf(filters: number, kept: Iterable<number>): Tensor {
  const chosen = new Set(kept);
  return tensor(Array.from({ length: filters }, (_, filter) => Number(chosen.has(filter))));
}

/** The filters that respond most on average, over training digits. */
async function strongest(session: Session, dense: GatedNetwork, counts: readonly number[]) {
  const { gates } = await measureGates(dense, [session.samples(1000)], 'open');
  return gates.map(({ peaks }, gate) => {
    const order = [...peaks.keys()].sort((a, b) => peaks[b]! - peaks[a]!);
    return maskOf(peaks.length, order.slice(0, counts[gate]));
  });
}

const examples = [{ shape: [1, 1, 28, 28] }];
const call = (network: Sequential, images: Tensor): Tensor => network.call(images);

/** Called as a smaller network, which does not have the masked filters at all. */
async function withStatic(model: GatedNetwork, mask: StaticMasks, dense: Sequential): Promise<Pruned> {
  const [, ...gated] = channelGroups(dense, call, examples).groups;
  const keep = await Promise.all(
    gated.map(async ({ name }, gate) => [name, Array.from(await mask[gate]!.data(), Number)] as const),
  );
  const small = await shrink(dense, call, examples, Object.fromEntries(keep));
  return { model, mask, call: (digit) => small.model.call(digit) };
}
