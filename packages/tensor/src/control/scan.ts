import { sparseSweep } from '../autodiff/reverse.js';
import { Body, close, inputsBehind, placeholder, rebind } from '../graph/body.js';
import { isFloat } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { applyAll, type MultiPrimitive } from '../graph/primitive.js';
import { formatShape } from '../graph/shape.js';
import type { Tensor, TensorType } from '../graph/tensor.js';
import { leavesOf, treeLike, withLeaves } from '../graph/tree.js';
import { add } from '../ops/elementwise.js';
import { zeros, zerosLike } from '../ops/fill.js';
import { iota } from '../ops/gather.js';
import { carriesOf, placesOf } from './carry.js';

/**
 * Inputs of the node: the initial carries, the tensors that are gone through, then what the step captures; those of the
 * body are a step's counterparts. Outputs: the carries, then what every step adds to the results.
 */
export interface ScanAttributes {
  readonly body: Body;
  readonly carries: number;
  readonly scanned: number;
  readonly length: number;
  readonly reverse: boolean;
}

/** A list cut into carries, what is gone through or results, and the rest. */
export const cut = <T>(list: readonly T[], { carries, scanned }: ScanAttributes) =>
  [list.slice(0, carries), list.slice(carries, carries + scanned), list.slice(carries + scanned)] as const;

const stacked = (type: TensorType, length: number): TensorType => ({
  shape: [length, ...type.shape],
  dtype: type.dtype,
});

const scanPrimitive: MultiPrimitive<ScanAttributes> = {
  name: 'scan',
  inferAll: (_, { body, carries, length }) =>
    body.outputs.map((output, i) => (i < carries ? output : stacked(output, length))),
  /**
   * Runs the other way and does every step once more, from the carry that it began with, which is the last part of the
   * results. The carry of this scan is the cotangent of the carry, with running sums for what the step captures.
   */
  vjpAll(cotangents, { inputs, attributes, outputs }) {
    const [, xs, captured] = cut(inputs, attributes);
    const [carryIn, xIn] = cut(attributes.body.inputs, attributes);
    const { carries, length, reverse } = attributes;
    const body = rebind(attributes.body, [...carryIn, ...xIn, ...captured]);
    const incoming = body.outputs.map((output, i) =>
      isFloat(output.dtype) && (i < carries || cotangents[i])
        ? placeholder(output, `cotangent.${i}`)
        : undefined,
    );
    const found = sparseSweep(body.outputs, body.inputs)(incoming);
    const [forCarries, forXs, forCaptured] = cut(found, attributes);
    const floats = carryIn.flatMap((carry, i) => (isFloat(carry.dtype) ? [i] : []));
    const summed = forCaptured.flatMap((each, i) => (each ? [i] : []));
    const slopes = forXs.flatMap((each, i) => (each ? [i] : []));
    const given = incoming.flatMap((each, i) => (each && i >= carries ? [i] : []));
    const sums = summed.map((i) => placeholder(captured[i]!, `sum.${i}`));
    const step: Step = {
      carryIn: [...floats.map((i) => incoming[i]!), ...sums],
      carryOut: [
        ...floats.map((i) => forCarries[i] ?? zerosLike(carryIn[i]!)),
        ...summed.map((i, at) => add(sums[at]!, forCaptured[i]!)),
      ],
      xIn: [...carryIn, ...xIn, ...given.map((i) => incoming[i]!)],
      yOut: slopes.map((i) => forXs[i]!),
    };
    const start = [
      ...floats.map((i) => cotangents[i] ?? zerosLike(carryIn[i]!)),
      ...summed.map((i) => zerosLike(captured[i]!)),
    ];
    const before = outputs.slice(outputs.length - carries);
    const through = [...before, ...xs, ...given.map((i) => cotangents[i]!)];
    const results = addScan(step, start, through, { length, reverse: !reverse });
    const gradients: (Tensor | undefined)[] = inputs.map(() => undefined);
    floats.forEach((i, at) => {
      gradients[i] = results[at];
    });
    summed.forEach((i, at) => {
      gradients[carries + xs.length + i] = results[floats.length + at];
    });
    slopes.forEach((i, at) => {
      gradients[carries + i] = results[floats.length + summed.length + at];
    });
    return gradients;
  },
  emitAll(emitter, names, { attributes, outputs }) {
    const { body, scanned, reverse } = attributes;
    const [carryIn, xIn] = cut(body.inputs, attributes);
    const [initial, xs, captured] = cut(names, attributes);
    const graph = emitter.subgraph([...carryIn, ...xIn], body.outputs, (inside) =>
      emitter.inline(body, [...inside, ...captured]),
    );
    const directions = (count: number) => ({ ints: Array.from({ length: count }, () => Number(reverse)) });
    return emitter.operators(outputs.length, 'Scan', [...initial, ...xs], {
      body: graph,
      num_scan_inputs: { int: scanned },
      scan_input_directions: directions(scanned),
      scan_output_directions: directions(outputs.length - carryIn.length),
    });
  },
  narrow(application, used) {
    const { attributes, inputs } = application;
    const { body, carries, scanned } = attributes;
    // A carry is needed when it is used in the end, or by a step for something that is.
    const needed = [...used];
    let behind = inputsBehind(body, needed);
    const missing = () => behind.findIndex((each, i) => i < carries && each && !needed[i]);
    for (let at = missing(); at >= 0; at = missing()) {
      needed[at] = true;
      behind = inputsBehind(body, needed);
    }
    const kept = behind.map((each, i) => (i < carries ? needed[i]! : each));
    // ONNX knows the number of steps from what is gone through.
    if (!kept.slice(carries, carries + scanned).includes(true)) kept[carries] = true;
    if (needed.every((each, i) => each === used[i]) && used.every(Boolean) && kept.every(Boolean)) {
      return undefined;
    }
    const of = <T>(list: readonly T[], flags: readonly boolean[]) => list.filter((_, i) => flags[i]);
    const count = (flags: readonly boolean[]) => flags.filter(Boolean).length;
    return {
      inputs: of(inputs, kept),
      outputs: needed,
      attributes: {
        ...attributes,
        body: new Body(of(body.inputs, kept), of(body.outputs, needed)),
        carries: count(needed.slice(0, carries)),
        scanned: count(kept.slice(carries, carries + scanned)),
      },
    };
  },
};

/** A scan's step: symbols for what comes in, and what is computed from them. */
export interface Step {
  readonly carryIn: readonly Tensor[];
  readonly carryOut: readonly Tensor[];
  readonly xIn: readonly Tensor[];
  readonly yOut: readonly Tensor[];
}

/** Adds the node. Returns the last carries, the stacked results, and the carries before every step. */
export function addScan(
  { carryIn, carryOut, xIn, yOut }: Step,
  initial: readonly Tensor[],
  xs: readonly Tensor[],
  directions: { readonly length: number; readonly reverse: boolean },
): readonly Tensor[] {
  const own = [...carryIn, ...xIn];
  const body = close(own, [...carryOut, ...yOut, ...carryIn]);
  return applyAll(scanPrimitive, [...initial, ...xs, ...body.inputs.slice(own.length)], {
    body,
    carries: initial.length,
    scanned: xs.length,
    ...directions,
  });
}

export interface ScanOptions {
  /** How many steps there are; only needed where `xs` has no tensors. */
  readonly length?: number;
  /** Whether the steps run from the last elements of `xs` to the first. False unless said. */
  readonly reverse?: boolean;
}

/**
 * A loop that carries a state: step `i` makes of the carry and `xs[i]` the next carry and a result. Returns the last
 * carry and the results of all steps, stacked along a new first axis in the order of `xs`. The step is traced once, with
 * symbols; it may use any tensors from around it. Carries, `xs` and results are trees of tensors. The derivative is
 * a scan too: it keeps the carries of all steps and nothing else, and does every step once more on its way back.
 * @param xs tensors that have the number of steps as their first axis; undefined for none
 * @throws ShapeError when lengths differ or none is known, when a step returns no pair or a carry of another form, shape or
 *   dtype
 * @example running means: `scan((sum, x) => [add(sum, x), add(sum, x)], zeros([]), xs)`
 */
export function scan<Carry, X, Y>(
  step: (carry: Carry, x: X) => readonly [carry: Carry, result: Y],
  initial: Carry,
  xs: X,
  { length: asked, reverse = false }: ScanOptions = {},
): [carry: Carry, results: Y] {
  const rows = placesOf(xs);
  const length = lengthOf(rows, asked);
  const carry = carriesOf('scan', initial);
  const x = rows.symbols(({ shape, dtype }) => ({ shape: shape.slice(1), dtype }));
  const stepped: unknown = step(carry.tree, x.tree);
  if (!Array.isArray(stepped) || stepped.length !== 2)
    throw new ShapeError('scan: the step must return [carry, result], synchronously');
  const [next, result] = stepped as [Carry, Y];
  const carryOut = carry.matched(next, 'the step');
  const results = leavesOf(result);
  if (length === 0)
    return [
      initial,
      withLeaves(
        result,
        results.map((each) => empty(each)),
      ),
    ];
  const counted = x.leaves.length === 0;
  const outputs = addScan(
    {
      carryIn: carry.leaves,
      carryOut,
      xIn: counted ? [placeholder({ shape: [], dtype: 'int32' }, 'step')] : x.leaves,
      yOut: results,
    },
    carry.initial,
    counted ? [iota(length)] : rows.leaves,
    { length, reverse },
  );
  return [
    carry.filled(outputs),
    treeLike(result)(outputs.slice(carryOut.length, carryOut.length + results.length)),
  ];
}

const empty = ({ shape, dtype }: Tensor): Tensor => zeros([0, ...shape], dtype);

function lengthOf(
  { leaves, paths }: { readonly leaves: readonly Tensor[]; readonly paths: readonly string[] },
  asked: number | undefined,
): number {
  const named = (i: number) => (paths[i] ? `xs.${paths[i]}` : 'xs');
  if (asked !== undefined && !(Number.isSafeInteger(asked) && asked >= 0)) {
    throw new ShapeError(`scan: length: expected a non-negative integer, got ${asked}`);
  }
  leaves.forEach(({ shape }, i) => {
    if (shape.length === 0) throw new ShapeError(`scan: ${named(i)} is a scalar and has no steps`);
    const expected = asked ?? leaves[0]!.shape[0];
    if (shape[0] !== expected) {
      throw new ShapeError(`scan: ${named(i)} is ${formatShape(shape)}, expected ${expected} steps`);
    }
  });
  const length = asked ?? leaves[0]?.shape[0];
  if (length === undefined) throw new ShapeError('scan: length: needed, since xs has no tensors');
  return length;
}
