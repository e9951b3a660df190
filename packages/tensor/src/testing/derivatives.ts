import fc from 'fast-check';
import { valueAndGrad } from '../autodiff/transforms.js';
import { applicationsOf, isDifferentiable } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';
import { sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { sum } from '../ops/broadcast.js';
import { fromValue } from '../ops/create.js';
import { add, mul } from '../ops/elementwise.js';
import { normal, randomKey } from '../ops/random.js';
import { compile } from '../runtime/compile.js';
import type { Differentiable } from './gradients.js';

const step = 1e-5;

export interface DerivativeErrors {
  /** Largest difference of the gradient from central differences, relative to its size (but at least to 1). */
  readonly first: number;
  /** The same of the gradient of the gradient. */
  readonly second: number;
  /** Primitives that derivatives flow through, in the function or in its gradient. */
  readonly primitives: ReadonlySet<string>;
}

/**
 * Checks derivatives of both orders with one program, which gives the value, its gradient and the gradient of that at
 * every point that central differences need. Outputs are weighted by fixed random numbers.
 * @param inputs float64 tensors that hold their elements, away from kinks by more than 1e-5
 */
export async function derivativeErrors(
  fn: Differentiable,
  inputs: readonly Tensor[],
): Promise<DerivativeErrors> {
  const weighted = (tensor: Tensor, seed: number): Tensor =>
    sum(mul(tensor, normal(randomKey(seed), tensor.shape, { dtype: 'float64' })));
  let primitives: ReadonlySet<string> = new Set();
  const program = compile((points: readonly Tensor[]) => {
    const [slope, second, [value, first]] = valueAndGrad((outer: readonly Tensor[]) => {
      const [inner, gradients] = valueAndGrad((at: readonly Tensor[]) => weighted(fn(...at), 1))(outer);
      const total = gradients.map((each, i) => weighted(each, i + 2)).reduce((a, b) => add(a, b));
      return [total, [inner, gradients] as const] as const;
    })(points);
    primitives = between(points, [value, ...first]);
    return { value, first, slope, second };
  });
  const at = async (points: readonly Tensor[]) => {
    const { value, first, slope, second } = await program(points);
    const flat = async (gradients: readonly Tensor[]) =>
      (await Promise.all(gradients.map((each) => each.data()))).flatMap((data) => Array.from(data, Number));
    return {
      values: [await value.item(), await slope.item()],
      gradients: [await flat(first), await flat(second)],
    };
  };
  const { gradients } = await at(inputs);
  const worst = [0, 0];
  const size = [1, 1];
  let index = 0;
  for (const [position, input] of inputs.entries()) {
    for (let i = 0; i < input.size; i++, index++) {
      const moved = async (by: number) => {
        const data = Float64Array.from(input.value!.data as Float64Array);
        data[i]! += by;
        return (await at(inputs.with(position, fromValue({ ...input.value!, data })))).values;
      };
      const [above, below] = [await moved(step), await moved(-step)];
      for (const order of [0, 1]) {
        const difference = (above[order]! - below[order]!) / (2 * step);
        const error = Math.abs(difference - gradients[order]![index]!);
        worst[order] = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst[order]!, error);
        size[order] = Math.max(size[order]!, Math.abs(difference));
      }
    }
  }
  await program.release();
  return { first: worst[0]! / size[0]!, second: worst[1]! / size[1]!, primitives };
}

/** Names of the primitives with a derivative on the way from `inputs` to `outputs`. */
function between(inputs: readonly Tensor[], outputs: readonly Tensor[]): Set<string> {
  const reached = new Set(inputs);
  const names = new Set<string>();
  for (const application of applicationsOf(outputs)) {
    if (!isDifferentiable(application) || !application.inputs.some((each) => reached.has(each))) continue;
    for (const output of application.outputs) reached.add(output);
    names.add(application.primitive.name);
  }
  return names;
}

/**
 * Length of an axis: a number, or a letter that stands for one length in all shapes of a rule; small letters for 0 to 3,
 * capitals for 1 to 3.
 */
export type Axis = number | string;

/** An input of a rule: random numbers of a range, in a given shape or in any that broadcasts against the others. */
export interface RandomInput {
  readonly axes: readonly Axis[] | undefined;
  readonly number: (uniform: number) => number;
}

const inputOf =
  (number: RandomInput['number']) =>
  (...axes: readonly Axis[]): RandomInput => ({ axes: axes.length > 0 ? axes : undefined, number });

/** Numbers in ±[0.2, 2], away from the kink at 0. Without axes, in any shape. */
export const anywhere = inputOf((uniform) => (uniform < 0.5 ? -0.2 - 3.6 * uniform : 3.6 * uniform - 1.6));
/** Numbers in [0.3, 2.5]. */
export const positive = inputOf((uniform) => 0.3 + 2.2 * uniform);
/** Numbers in a range. */
export const within = (low: number, high: number) => inputOf((uniform) => low + (high - low) * uniform);

/** A function and what it is given. */
export type Rule = readonly [fn: Differentiable, ...inputs: RandomInput[]];

interface Draw {
  /** Shape that inputs without axes broadcast to. */
  readonly base: Shape;
  /** For each input and axis, whether it has length 1 instead. */
  readonly ones: readonly boolean[];
  /** For each input, how many leading axes it lacks. */
  readonly dropped: readonly number[];
  /** Lengths that letters stand for, by their place in the alphabet. */
  readonly letters: readonly number[];
  readonly seed: number;
}

const always = <T>(value: T): T[] => Array.from({ length: 26 }, () => value);

/** Shapes with axes of length 0, of length 1 and with none come first. */
export const drawExamples: [Draw][] = [
  { base: [2, 3], ones: always(false), dropped: always(0), letters: [2, 3, 2, 1, 3, 2, 2, 3, ...always(2)] },
  { base: [2, 0], ones: always(false), dropped: always(0), letters: always(0) },
  { base: [1, 2], ones: [false, false, true, true], dropped: [0, 1, 0], letters: always(1) },
  { base: [], ones: always(false), dropped: always(0), letters: always(3) },
].map((draw, i) => [{ ...draw, seed: 1000 + i }]);

const lengths = fc.integer({ min: 0, max: 3 });
export const draws: fc.Arbitrary<Draw> = fc.record({
  base: fc.array(lengths, { maxLength: 2 }),
  ones: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  dropped: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
  letters: fc.array(lengths, { minLength: 26, maxLength: 26 }),
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
});

/** The inputs of a rule for one draw. The first input without axes has the whole base shape. */
export function drawInputs(inputs: readonly RandomInput[], draw: Draw): Tensor[] {
  let state = draw.seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const lengthOf = (axis: Axis): number => {
    if (typeof axis === 'number') return axis;
    const length = draw.letters[axis.toLowerCase().charCodeAt(0) - 97]!;
    return axis === axis.toLowerCase() ? length : Math.max(1, length);
  };
  return inputs.map(({ axes, number }, i) => {
    const broadcast = draw.base.map((length, axis) => (i > 0 && draw.ones[2 * i + axis] ? 1 : length));
    const shape = axes?.map(lengthOf) ?? broadcast.slice(i > 0 ? draw.dropped[i] : 0);
    const data = Float64Array.from({ length: sizeOf(shape) }, () => number(uniform()));
    return fromValue({ dtype: 'float64', data, shape });
  });
}
