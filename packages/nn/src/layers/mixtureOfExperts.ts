import {
  broadcastTo,
  clip,
  concat,
  cumSum,
  type DType,
  DTypeError,
  formatShape,
  greaterEqual,
  less,
  logicalAnd,
  oneHot,
  ShapeError,
  scatterAdd,
  slice,
  softmax,
  splitKey,
  type Tensor,
  take,
  topK,
  where,
  zeros,
} from '@evenkeel/tensor';
import { Linear } from './linear.js';

/**
 * Where tokens go: experts int32 `[n, k]`, best first, and how much each of them counts `[n, k]`. A number that is no
 * expert's, negative or too large, sends the token nowhere: that choice counts as zero and as dropped. A router can use
 * this to choose fewer experts for some tokens than for others.
 */
export interface Assignment {
  readonly experts: Tensor;
  readonly weights: Tensor;
}

/** Makes an assignment of scores `[n, experts]`. */
export type Router = (scores: Tensor) => Assignment;

/**
 * A router with tensors of its own, such as biases that balance loads: they are saved and moved with the layer whose
 * router it is. `withRouter` puts the one of the next step in its place.
 */
export interface RouterModule {
  call(scores: Tensor): Assignment;
}

/**
 * The `count` experts with the highest scores. Each counts as the softmax over all experts says, so that the scores
 * have a gradient even where one expert is chosen.
 */
export const topKRouter =
  (count: number): Router =>
  (scores) => {
    const { values, indices } = topK(softmax(scores), count);
    return { experts: indices, weights: values };
  };

/** What the router saw and did. */
export interface RouterStatistics {
  /** `[n, experts]` */
  readonly scores: Tensor;
  /** What the router chose: int32 `[n, k]`. */
  readonly experts: Tensor;
  /** Choices that fell on each expert, before any found no room: int32 `[experts]`. */
  readonly load: Tensor;
  /** Choices that found their expert full or were no expert's number: int32 scalar. */
  readonly dropped: Tensor;
}

export interface MixtureOfExpertsOptions<R extends Router | RouterModule = Router> {
  /** `topKRouter(1)` unless said. */
  readonly router?: R;
  /**
   * Room of each expert, as a multiple of what would be its even share, rounded up: 1.25 leaves a quarter more than n · k /
   * experts. First choices come before second ones, and earlier tokens before later ones; what finds no room counts as
   * zero. Without it, every expert has room for all tokens and nothing is dropped, but each computes n rows, most of them
   * zeros, whatever its load: a program's shapes are fixed. With it, an expert computes as many rows as it has room.
   */
  readonly capacity?: number;
  readonly dtype?: DType;
}

/** An expert: `[rows, width] → [rows, features]`, each row by itself. */
export interface Expert {
  call(x: Tensor): Tensor;
}

/** Sends each token to a few of many experts: `[…, width] → […, features]`. */
export class MixtureOfExperts<E extends Expert = Expert, R extends Router | RouterModule = Router> {
  readonly gate: Linear;
  readonly experts: readonly E[];
  readonly router: R;
  readonly capacity: number;

  /**
   * @param expert makes one expert
   * @throws RangeError unless there is an expert and the capacity is positive
   */
  constructor(
    key: Tensor,
    width: number,
    count: number,
    expert: (key: Tensor) => E,
    { router, capacity = Infinity, dtype = 'float32' }: MixtureOfExpertsOptions<R> = {},
  ) {
    if (!(Number.isSafeInteger(count) && count >= 1)) {
      throw new RangeError(`MixtureOfExperts: experts: got ${count}, expected an integer of at least 1`);
    }
    if (!(capacity > 0)) {
      throw new RangeError(`MixtureOfExperts: capacity: got ${capacity}, expected a positive number`);
    }
    const [gateKey, ...keys] = splitKey(key, count + 1) as [Tensor, ...Tensor[]];
    this.gate = new Linear(gateKey, width, count, { bias: false, dtype });
    this.experts = keys.map(expert);
    // Without a router, `R` is what it is unless said.
    this.router = router ?? (topKRouter(1) as R);
    this.capacity = capacity;
  }

  /** The layer with another router, and all else as it is. */
  withRouter<Other extends Router | RouterModule>(router: Other): MixtureOfExperts<E, Other> {
    return Object.assign(Object.create(MixtureOfExperts.prototype), this, { router });
  }

  /** @throws ShapeError when `x` has another width, or the router's assignment does not fit; DTypeError unless it is int32 */
  call(x: Tensor): [output: Tensor, statistics: RouterStatistics] {
    const [width, count] = this.gate.weight.shape as [number, number];
    if (x.rank === 0 || x.length(-1) !== width) {
      throw new ShapeError(
        `MixtureOfExperts: expected an input of shape [..., ${width}], got ${formatShape(x.shape)}`,
      );
    }
    const n = x.size / width;
    const tokens = x.reshape([n, width]);
    const scores = this.gate.call(tokens);
    const { experts, weights } = route(this.router, scores);
    if (experts.dtype !== 'int32') {
      throw new DTypeError(`MixtureOfExperts: router: expected experts of dtype int32, got ${experts.dtype}`);
    }
    if (experts.rank !== 2 || experts.length(0) !== n || `${weights.shape}` !== `${experts.shape}`) {
      throw new ShapeError(
        `MixtureOfExperts: router: expected experts and weights of shape [${n}, k], got ${formatShape(experts.shape)} and ${formatShape(weights.shape)}`,
      );
    }
    const choices = experts.length(1);
    const room = Math.min(n, Math.ceil((this.capacity * n * choices) / count));
    // All first choices, then all second ones.
    const given = experts.transpose().reshape([choices * n]);
    const known = logicalAnd(greaterEqual(given, 0), less(given, count));
    const chosen = clip(given, 0, count - 1);
    const marks = oneHot(chosen, count, 'int32').mul(known.cast('int32').reshape([choices * n, 1]));
    const place = cumSum(marks, { axis: 0, exclusive: true }).mul(marks).sum({ axis: -1 });
    const fits = logicalAnd(known, less(place, room));
    // The row after the last is for what finds no room.
    const rows = where(fits, chosen.mul(room).add(place), count * room);
    const sent = broadcastTo(tokens, [choices, n, width]).reshape([choices * n, width]);
    const inbox = scatterAdd(zeros([count * room + 1, width], x.dtype), rows, sent);
    const answers = this.experts.map((expert, i) =>
      expert.call(slice(inbox, [i * room, 0], [(i + 1) * room, width])),
    );
    const features = answers[0]!.length(-1);
    const outbox = concat([...answers, zeros([1, features], x.dtype)], 0);
    const back = take(outbox, rows).reshape([choices, n, features]);
    const output = back.mul(weights.transpose().reshape([choices, n, 1])).sum({ axis: 0 });
    const load = marks.sum({ axis: 0 });
    const dropped = where(fits, 0, 1).cast('int32').sum();
    return [output.reshape([...x.shape.slice(0, -1), features]), { scores, experts, load, dropped }];
  }
}

const route = (router: Router | RouterModule, scores: Tensor): Assignment =>
  typeof router === 'function' ? router(scores) : router.call(scores);
