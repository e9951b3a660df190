import type { ExampleInput } from '../model/summary.js';
import { type Analysis, analyse, type Size, sizeOfCall, traceWithout } from './analysis.js';
import { type FoundGroup, groupsOf } from './channelGroups.js';
import { type ChannelCriterion, magnitude, type WeightValues } from './criteria.js';
import { goneChannels, type KeepMasks } from './shrink.js';
import type { ModelCall } from './subject.js';

/** Which channels go. */
export interface PruneOptions {
  /** How important channels are; `magnitude()` unless said. */
  readonly criterion?: ChannelCriterion;
  /**
   * `uniform` (unless said) takes the same share of every group; `global` the least important of all, by importance
   * divided by the mean of the group, so that layers of other sizes compare.
   */
  readonly scope?: 'uniform' | 'global';
  /** Least channels that stay of a group; 1 unless said. */
  readonly minimum?: number;
  /**
   * Channels that stay are a multiple of this, where a group has as many: 16 and 8 suit the blocks in which processors
   * compute convolutions, with AVX-512 and without. 1 unless said.
   */
  readonly multipleOf?: number;
  /** Groups that may lose channels, by name; all unless said. */
  readonly include?: (name: string) => boolean;
}

/** What is to go, and what the model then costs. */
export interface PrunePlan {
  readonly masks: KeepMasks;
  readonly before: Size;
  readonly after: Size;
}

interface Scored {
  readonly found: FoundGroup;
  readonly scores: Float64Array;
}

type Settings = Required<Omit<PruneOptions, 'criterion' | 'include'>>;

/**
 * Masks that remove a share of channels.
 * @param ratio of the channels of every group (`uniform`) or of all groups together (`global`), in [0, 1)
 * @throws RangeError for options that make no sense, and for models of which nothing can be removed
 */
export async function pruneByRatio<Model>(
  model: Model,
  call: ModelCall<Model>,
  examples: readonly ExampleInput[],
  ratio: number,
  options: PruneOptions = {},
): Promise<PrunePlan> {
  if (!(ratio >= 0 && ratio < 1)) throw new RangeError(`pruneByRatio: ratio: got ${ratio}, expected [0, 1)`);
  const { analysis, scored, settings } = await score('pruneByRatio', model, call, examples, options);
  return planOf(analysis, scored, masksFor(scored, ratio, settings));
}

/**
 * Masks after which a call costs at most a share of the multiply-adds of now: the smallest ratio that is enough, found by
 * bisection. Costs are those of the really smaller model, traced.
 * @param share of the multiply-adds, in (0, 1]
 * @throws RangeError as `pruneByRatio`, and when even the smallest model costs more
 */
export async function pruneToFlops<Model>(
  model: Model,
  call: ModelCall<Model>,
  examples: readonly ExampleInput[],
  share: number,
  options: PruneOptions = {},
): Promise<PrunePlan> {
  if (!(share > 0 && share <= 1)) throw new RangeError(`pruneToFlops: share: got ${share}, expected (0, 1]`);
  const { analysis, scored, settings } = await score('pruneToFlops', model, call, examples, options);
  const allowed = share * sizeOfCall(analysis.traced).multiplyAdds;
  const at = (ratio: number) => planOf(analysis, scored, masksFor(scored, ratio, settings));
  let [low, high] = [0, 1 - 2 ** -20];
  let best = at(low);
  if (best.after.multiplyAdds <= allowed) return best;
  best = at(high);
  if (best.after.multiplyAdds > allowed) {
    const least = (best.after.multiplyAdds / best.before.multiplyAdds).toFixed(3);
    throw new RangeError(
      `pruneToFlops: share: got ${share}, but the smallest model costs ${least} of this one`,
    );
  }
  for (let step = 0; step < 16; step++) {
    const middle = (low + high) / 2;
    const plan = at(middle);
    if (plan.after.multiplyAdds <= allowed) [high, best] = [middle, plan];
    else low = middle;
  }
  return best;
}

async function score<Model>(
  name: string,
  model: Model,
  call: ModelCall<Model>,
  examples: readonly ExampleInput[],
  options: PruneOptions,
) {
  const { criterion = magnitude(), include = () => true, ...rest } = options;
  const settings: Settings = { scope: 'uniform', minimum: 1, multipleOf: 1, ...rest };
  if (settings.scope !== 'uniform' && settings.scope !== 'global')
    throw new RangeError(`${name}: scope: got ${settings.scope}, expected uniform or global`);
  for (const option of ['minimum', 'multipleOf'] as const) {
    const count = settings[option];
    if (!(Number.isSafeInteger(count) && count >= 1))
      throw new RangeError(`${name}: ${option}: got ${count}, expected an integer of at least 1`);
  }
  const analysis = analyse(model, call, examples);
  const groups = groupsOf(analysis).groups.filter(({ group }) => include(group.name));
  if (groups.length === 0) throw new RangeError(`${name}: the model has no channels that can be removed`);
  const { subject } = analysis;
  const weightOf = async (path: string): Promise<WeightValues> => {
    const weight = subject.weights[subject.paths.indexOf(path)]!;
    return { shape: weight.shape, data: Array.from(await weight.data(), Number) };
  };
  const scored: Scored[] = [];
  for (const found of groups) {
    const scores = Float64Array.from(await criterion(found.group, weightOf));
    const wrong = scores.find((each) => !Number.isFinite(each));
    if (scores.length !== found.roots.length || wrong !== undefined)
      throw new RangeError(
        `${name}: criterion: got ${wrong ?? `${scores.length} numbers`} for "${found.group.name}", expected ${found.roots.length} finite numbers`,
      );
    scored.push({ found, scores });
  }
  return { analysis, scored, settings };
}

function planOf(analysis: Analysis, scored: readonly Scored[], masks: KeepMasks): PrunePlan {
  const gone = goneChannels(
    scored.map(({ found }) => found),
    masks,
  );
  return { masks, before: sizeOfCall(analysis.traced), after: sizeOfCall(traceWithout(analysis, gone)) };
}

function masksFor(scored: readonly Scored[], ratio: number, settings: Settings): KeepMasks {
  const kept =
    settings.scope === 'uniform'
      ? scored.map(({ scores }) => scores.length * (1 - ratio))
      : keptOf(scored, ratio);
  return Object.fromEntries(
    scored.map(({ found, scores }, i) => [
      found.group.name,
      keepLargest(scores, allowedCount(kept[i]!, scores.length, settings)),
    ]),
  );
}

/** How many channels stay of each group when the least important of all go; equals go from all groups alike. */
function keptOf(scored: readonly Scored[], ratio: number): number[] {
  const all = scored.flatMap(({ scores }, group) => {
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length || 1;
    return Array.from(scores, (each, i) => ({ group, relative: each / mean, place: i / scores.length }));
  });
  all.sort((a, b) => a.relative - b.relative || b.place - a.place);
  const kept = scored.map(({ scores }) => scores.length);
  for (const { group } of all.slice(0, Math.floor(ratio * all.length))) kept[group] = kept[group]! - 1;
  return kept;
}

/** The nearest number of channels that options allow. */
function allowedCount(wanted: number, channels: number, { minimum, multipleOf }: Settings): number {
  const least = Math.min(minimum, channels);
  const rounded = Math.max(multipleOf, Math.round(wanted / multipleOf) * multipleOf);
  const enough = rounded < least ? Math.ceil(least / multipleOf) * multipleOf : rounded;
  return Math.min(enough, channels);
}

/** 1 for the `count` largest; of equals the first. */
export function keepLargest(scores: ArrayLike<number>, count: number): number[] {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]! || a - b,
  );
  const kept = new Set(order.slice(0, count));
  return Array.from({ length: scores.length }, (_, i) => Number(kept.has(i)));
}
