import { formatShape, normalizeAxis } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { reshape } from '../../../ops/broadcast.js';
import { type Operand, tensor } from '../../../ops/create.js';
import { greater, where } from '../../../ops/elementwise.js';
import { ones } from '../../../ops/fill.js';
import { take } from '../../../ops/gather.js';
import { upsampleNearest } from '../../../ops/image.js';
import { matMul } from '../../../ops/matMul.js';
import { pad, slice, swapAxes, transpose } from '../../../ops/movement.js';
import type { Call, Operators } from '../call.js';

/** Longest axis that can be resized, and most weights of one axis. */
const [mostPositions, mostWeights] = [2 ** 16, 2 ** 24];

interface Axis {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** Where in the input the position `at` of the output lies. */
type Coordinate = (at: number, axis: Axis) => number;

const coordinates: Readonly<Record<string, Coordinate>> = {
  align_corners: (at, { from, to }) => (to === 1 ? 0 : (at * (from - 1)) / (to - 1)),
  asymmetric: (at, { scale }) => at / scale,
  half_pixel: (at, { scale }) => (at + 0.5) / scale - 0.5,
  half_pixel_symmetric(at, { from, to, scale }) {
    const adjustment = to / (scale * from);
    return (from / 2) * (1 - adjustment) + (at + 0.5) / scale - 0.5;
  },
  pytorch_half_pixel: (at, { to, scale }) => (to > 1 ? (at + 0.5) / scale - 0.5 : 0),
};

const roundings: Readonly<Record<string, (x: number) => number>> = {
  ceil: Math.ceil,
  floor: Math.floor,
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
};

/** Weights of four neighbours, the second of which is at or before a point at `t` between 0 and 1. */
function cubicWeights(t: number, a: number): number[] {
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

/** The axes that change, and how. */
function axesOf(call: Call, x: Tensor): Axis[] {
  const axes = (call.ints('axes') ?? x.shape.map((_, axis) => axis)).map((axis) =>
    normalizeAxis('Resize', axis, x.rank),
  );
  const sizes = call.optionalNumbers(3, 'sizes');
  const scales = call.optionalNumbers(2, 'scales');
  const given = sizes?.length ? sizes : (scales ?? []);
  if (given.length !== axes.length) {
    throw call.error(`scales or sizes ${formatShape(given)} do not fit ${formatShape(x.shape)}`);
  }
  return axes.flatMap((axis, i) => {
    const from = x.shape[axis]!;
    const to = sizes?.length ? sizes[i]! : Math.floor(from * scales![i]!);
    const scale = sizes?.length ? to / from : scales![i]!;
    if (!(Number.isInteger(to) && to >= 1 && to <= mostPositions && from >= 1 && from * to <= mostWeights)) {
      throw call.error(`an axis of length ${from} cannot be resized to ${to}`);
    }
    return from === to && scale === 1 ? [] : [{ axis, from, to, scale }];
  });
}

function resized(call: Call): Tensor {
  const x = call.tensor(0);
  const mode = call.string('mode', 'nearest', ['nearest', 'linear', 'cubic']);
  const transformation = call.string(
    'coordinate_transformation_mode',
    'half_pixel',
    Object.keys(coordinates),
  );
  if (call.int('antialias', 0)) throw call.error('antialias is not supported');
  call.string('keep_aspect_ratio_policy', 'stretch', ['stretch']);
  const coordinate = coordinates[transformation]!;
  const axes = axesOf(call, x);
  const rounding = roundings[call.string('nearest_mode', 'round_prefer_floor', Object.keys(roundings))]!;
  if (mode === 'nearest') {
    for (const { to } of axes) call.tracing.takeBytes(to * 4, call.node);
    return nearest(x, axes, coordinate, rounding);
  }
  const taps =
    mode === 'linear'
      ? (t: number) => [0, 1 - t, t, 0]
      : (t: number) => cubicWeights(t, call.float('cubic_coeff_a', -0.75));
  const excludes = call.int('exclude_outside', 0) !== 0;
  return axes.reduce((result, axis) => {
    call.tracing.takeBytes(axis.from * axis.to * 8, call.node);
    const weights = interpolation(axis, coordinate, taps, excludes, mode === 'linear');
    const matrix = tensor(x.dtype === 'float64' ? weights : Float32Array.from(weights), {
      shape: [axis.to, axis.from],
    });
    return swapAxes(matMul(swapAxes(result, axis.axis, -1), matrix, { transposeB: true }), axis.axis, -1);
  }, x);
}

/** [to, from] weights of neighbours; those outside count as the edge, or not at all. */
function interpolation(
  axis: Axis,
  coordinate: Coordinate,
  taps: (t: number) => number[],
  excludes: boolean,
  clamped: boolean,
): Float64Array<ArrayBuffer> {
  const { from, to } = axis;
  const weights = new Float64Array(to * from);
  for (let at = 0; at < to; at++) {
    const exact = coordinate(at, axis);
    const x = clamped ? Math.min(from - 1, Math.max(0, exact)) : exact;
    const whole = Math.floor(x);
    const all = taps(x - whole).map((weight, i) => ({ weight, place: whole - 1 + i }));
    const used = excludes ? all.filter(({ place }) => place >= 0 && place < from) : all;
    const total = excludes ? used.reduce((sum, { weight }) => sum + weight, 0) : 1;
    for (const { weight, place } of used) {
      weights[at * from + Math.min(from - 1, Math.max(0, place))]! += weight / total;
    }
  }
  return weights;
}

function nearest(
  x: Tensor,
  axes: readonly Axis[],
  coordinate: Coordinate,
  rounding: (x: number) => number,
): Tensor {
  const places = axes.map((axis) =>
    Int32Array.from({ length: axis.to }, (_, at) =>
      Math.min(axis.from - 1, Math.max(0, rounding(coordinate(at, axis)))),
    ),
  );
  // Whole pixels repeated, which has a form of its own.
  const repeats = axes.every(
    ({ axis, from, to }, i) =>
      axis >= 2 && to % from === 0 && places[i]!.every((place, at) => place === Math.floor(at / (to / from))),
  );
  if (repeats && x.rank === 4) {
    const factor = (axis: number) => {
      const found = axes.find((each) => each.axis === axis);
      return found ? found.to / found.from : 1;
    };
    return upsampleNearest(x, [factor(2), factor(3)]);
  }
  return axes.reduce((result, { axis }, i) => take(result, tensor(places[i]!), axis), x);
}

/** Which element of an axis stands at a place before its start or after its end. */
const beyond: Readonly<Record<string, (place: number, length: number) => number>> = {
  edge: (place, length) => Math.min(length - 1, Math.max(0, place)),
  reflect(place, length) {
    const period = Math.max(1, 2 * (length - 1));
    const within = ((place % period) + period) % period;
    return Math.min(within, period - within);
  },
  wrap: (place, length) => ((place % length) + length) % length,
};

function padded(call: Call): Tensor {
  const x = call.tensor(0);
  const mode = call.string('mode', 'constant', ['constant', ...Object.keys(beyond)]);
  const pads = call.numbers(1, 'pads');
  const axes = (call.optionalNumbers(3, 'axes') ?? x.shape.map((_, axis) => axis)).map((axis) =>
    normalizeAxis('Pad', axis, x.rank),
  );
  if (pads.length !== 2 * axes.length || !pads.every((n) => Number.isSafeInteger(n))) {
    throw call.error(`pads ${formatShape(pads)} do not fit ${formatShape(x.shape)}`);
  }
  const side = (offset: number) =>
    x.shape.map((_, axis) => (axes.includes(axis) ? pads[axes.indexOf(axis) + offset]! : 0));
  const [before, after] = [side(0), side(axes.length)];
  const place = beyond[mode];
  if (!place) {
    const value = call.inputs[2];
    const known = value ? value.numbers?.[0] : 0;
    return paddedWith(x, before, after, known ?? reshape(call.tensor(2), []));
  }
  return axes.reduce((result, axis) => {
    const length = x.shape[axis]!;
    const count = length + before[axis]! + after[axis]!;
    if (before[axis] === 0 && after[axis] === 0) return result;
    if (!(length >= 1 && count >= 0 && count <= mostPositions)) {
      throw call.error(`an axis of length ${length} cannot be padded to ${count}`);
    }
    call.tracing.takeBytes(count * 4, call.node);
    const places = Int32Array.from({ length: count }, (_, at) => place(at - before[axis]!, length));
    return take(result, tensor(places), axis);
  }, x);
}

/** Negative counts cut elements off. */
function paddedWith(x: Tensor, before: readonly number[], after: readonly number[], value: Operand): Tensor {
  const start = before.map((n) => Math.max(0, -n));
  const kept = slice(
    x,
    start,
    x.shape.map((length, axis) => length - Math.max(0, -after[axis]!)),
  );
  const [more, last] = [before, after].map((counts) => counts.map((n) => Math.max(0, n))) as [
    number[],
    number[],
  ];
  if ([...more, ...last].every((n) => n === 0)) return kept;
  const zeros = pad(kept, more, last);
  if (value === 0) return zeros;
  return where(greater(pad(ones(kept.shape), more, last), 0), zeros, value);
}

/** Moves channels into space or back, in blocks of `b` by `b`. */
function depthToSpace(call: Call): Tensor {
  const x = call.tensor(0);
  const [n, channels, h, w] = images(call, x);
  const b = call.int('blocksize');
  const c = channels / b ** 2;
  const columnsFirst = call.string('mode', 'DCR', ['DCR', 'CRD']) === 'CRD';
  const [shape, order] = columnsFirst
    ? [
        [n, c, b, b, h, w],
        [0, 1, 4, 2, 5, 3],
      ]
    : [
        [n, b, b, c, h, w],
        [0, 3, 4, 1, 5, 2],
      ];
  return reshape(transpose(reshape(x, shape), order), [n, c, h * b, w * b]);
}

function spaceToDepth(call: Call): Tensor {
  const x = call.tensor(0);
  const [n, c, h, w] = images(call, x);
  const b = call.int('blocksize');
  const blocks = transpose(reshape(x, [n, c, h / b, b, w / b, b]), [0, 3, 5, 1, 2, 4]);
  return reshape(blocks, [n, c * b ** 2, h / b, w / b]);
}

function images(call: Call, { shape }: Tensor): [n: number, c: number, h: number, w: number] {
  if (shape.length !== 4) throw call.error(`expected [n, c, h, w], got ${formatShape(shape)}`);
  return [...shape] as [number, number, number, number];
}

export const imaging: Operators = {
  DepthToSpace: depthToSpace,
  Pad: padded,
  Resize: resized,
  SpaceToDepth: spaceToDepth,
};
