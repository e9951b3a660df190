import { ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { formatShape, type Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape, sum } from './broadcast.js';
import { tensor } from './create.js';
import { emitExpand, emitFilled, emitReshape } from './emit.js';
import { zeros } from './fill.js';
import { take } from './gather.js';
import { transpose } from './movement.js';
import { type PerAxis, perAxis } from './windows.js';

/** @throws ShapeError unless `x` is [n, c, h, w] */
export function requireImages(name: string, x: Tensor): [n: number, c: number, h: number, w: number] {
  if (x.rank !== 4) throw new ShapeError(`${name}: expected [n, c, h, w], got ${formatShape(x.shape)}`);
  return x.shape as readonly number[] as [number, number, number, number];
}

/** [n, c, h, w] → [n, h, w, c] */
export function channelsLast(x: Tensor): Tensor {
  requireImages('channelsLast', x);
  return transpose(x, [0, 2, 3, 1]);
}

/** [n, h, w, c] → [n, c, h, w] */
export function channelsFirst(x: Tensor): Tensor {
  if (x.rank !== 4) {
    throw new ShapeError(`channelsFirst: expected [n, h, w, c], got ${formatShape(x.shape)}`);
  }
  return transpose(x, [0, 3, 1, 2]);
}

const upsamplePrimitive: Primitive<{ factors: readonly number[] }> = {
  name: 'upsampleNearest',
  infer([x], { factors: [vertical, horizontal] }) {
    const [n, c, h, w] = requireImages('upsampleNearest', x!);
    return { shape: [n, c, h * vertical!, w * horizontal!], dtype: x!.dtype };
  },
  vjp(cotangent, { inputs: [x], attributes: { factors } }) {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    return [sum(reshape(cotangent, [n, c, h, factors[0]!, w, factors[1]!]), { axis: [3, 5] })];
  },
  emit(emitter, [x], { inputs: [image], attributes: { factors }, output }) {
    if (output.size === 0) return emitFilled(emitter, 0, output.shape, output.dtype);
    if (output.dtype === 'float32') {
      return emitter.operator('Resize', [x!, '', emitter.constant([1, 1, ...factors], 'float32')], {
        mode: { string: 'nearest' },
        nearest_mode: { string: 'floor' },
        coordinate_transformation_mode: { string: 'asymmetric' },
      });
    }
    const [n, c, h, w] = image!.shape as [number, number, number, number];
    const repeated = emitExpand(emitter, emitReshape(emitter, x!, [n, c, h, 1, w, 1]), [
      n,
      c,
      h,
      factors[0]!,
      w,
      factors[1]!,
    ]);
    return emitReshape(emitter, repeated, output.shape);
  },
};

/** Repeats every pixel of [n, c, h, w] `factor` times in each direction. @throws ShapeError unless factors are integers */
export function upsampleNearest(x: Tensor, factor: PerAxis): Tensor {
  requireFloat('upsampleNearest', x);
  requireImages('upsampleNearest', x);
  return apply(upsamplePrimitive, [x], { factors: perAxis('upsampleNearest', 'factor', factor, 2, 1) });
}

/** Moves channels into space: [n, c · factor², h, w] → [n, c, h · factor, w · factor]. */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  const [n, channels, h, w] = requireImages('pixelShuffle', x);
  perAxis('pixelShuffle', 'factor', factor, 1, 1);
  if (channels % factor ** 2 !== 0) {
    throw new ShapeError(
      `pixelShuffle: channels: got ${channels} in ${formatShape(x.shape)}, expected a multiple of ${factor ** 2}`,
    );
  }
  const c = channels / factor ** 2;
  const blocks = transpose(reshape(x, [n, c, factor, factor, h, w]), [0, 1, 4, 2, 5, 3]);
  return reshape(blocks, [n, c, h * factor, w * factor]);
}

/** Moves space into channels, undoing `pixelShuffle`: [n, c, h · factor, w · factor] → [n, c · factor², h, w]. */
export function pixelUnshuffle(x: Tensor, factor: number): Tensor {
  const [n, c, height, width] = requireImages('pixelUnshuffle', x);
  perAxis('pixelUnshuffle', 'factor', factor, 1, 1);
  if (height % factor !== 0 || width % factor !== 0) {
    throw new ShapeError(
      `pixelUnshuffle: sizes: got ${formatShape(x.shape)}, expected multiples of ${factor}`,
    );
  }
  const [h, w] = [height / factor, width / factor];
  const blocks = transpose(reshape(x, [n, c, h, factor, w, factor]), [0, 1, 3, 5, 2, 4]);
  return reshape(blocks, [n, c * factor ** 2, h, w]);
}

/** Pads every axis by elements of the axis itself: `pick` says which, for a position that may lie outside. */
function padBy(
  name: string,
  x: Tensor,
  before: Shape,
  after: Shape,
  most: (length: number) => number,
  pick: (position: number, length: number) => number,
): Tensor {
  perAxis(name, 'before', before, x.rank, 0);
  perAxis(name, 'after', after, x.rank, 0);
  return x.shape.reduce((padded, length, axis) => {
    const [left, right] = [before[axis]!, after[axis]!];
    if (left === 0 && right === 0) return padded;
    if (Math.max(left, right) > most(length)) {
      throw new ShapeError(
        `${name}: got ${left} and ${right} around axis ${axis} of ${formatShape(x.shape)}, expected at most ${most(length)}`,
      );
    }
    // Nothing to pick from; and ONNX Runtime cannot add up rows without elements, which the derivative would ask for.
    if (padded.size === 0) {
      return zeros(
        padded.shape.map((n, each) => (each === axis ? left + n + right : n)),
        x.dtype,
      );
    }
    const positions = Array.from({ length: left + length + right }, (_, i) => pick(i - left, length));
    return take(padded, tensor(positions, 'int32'), axis);
  }, x);
}

/**
 * Pads by mirroring at the outermost elements, which are not repeated: `before` and `after` elements for each axis.
 * @throws ShapeError when more is asked for than an axis has beside its outermost element
 */
export const padReflect = (x: Tensor, before: Shape, after: Shape): Tensor =>
  padBy(
    'padReflect',
    x,
    before,
    after,
    (length) => Math.max(0, length - 1),
    (position, length) => length - 1 - Math.abs(length - 1 - Math.abs(position)),
  );

/** Pads by repeating the outermost elements, `before` and `after` for each axis. @throws ShapeError for empty axes */
export const padEdge = (x: Tensor, before: Shape, after: Shape): Tensor =>
  padBy(
    'padEdge',
    x,
    before,
    after,
    (length) => (length === 0 ? 0 : Infinity),
    (position, length) => Math.min(Math.max(position, 0), length - 1),
  );
