import { Body, close } from '../graph/body.js';
import { ShapeError } from '../graph/errors.js';
import { applyAll, type MultiPrimitive } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { carriesOf } from './carry.js';
import { requirePredicate } from './cond.js';

/** Inputs of the node: the initial carries, then what is captured; those of both bodies are the same. */
interface WhileAttributes {
  readonly condition: Body;
  readonly body: Body;
  readonly carries: number;
  readonly maximum: number | null;
}

export const whilePrimitive: MultiPrimitive<WhileAttributes> = {
  name: 'whileLoop',
  inferAll: (_, { body }) => body.outputs,
  vjpAll() {
    throw new TypeError(
      'whileLoop: has no derivative, since how many steps it takes is not known beforehand; use scan, or stopGradient',
    );
  },
  emitAll(emitter, names, { attributes: { condition, body, carries, maximum } }) {
    const [initial, captured] = [names.slice(0, carries), names.slice(carries)];
    const goesOn = (carry: readonly string[]) => emitter.inline(condition, [...carry, ...captured])[0]!;
    const flag = { shape: [], dtype: 'bool' } as const;
    const count = { shape: [], dtype: 'int64' } as const;
    const graph = emitter.subgraph(
      [count, flag, ...body.inputs.slice(0, carries)],
      [flag, ...body.outputs],
      ([, , ...carry]) => {
        const next = emitter.inline(body, [...carry, ...captured]);
        return [goesOn(next), ...next];
      },
    );
    const most = maximum === null ? '' : emitter.constant([maximum], 'int64', []);
    return emitter.operators(carries, 'Loop', [most, goesOn(initial), ...initial], { body: graph });
  },
};

export interface WhileOptions {
  /** Most steps that are taken; as many as the condition asks for unless said. */
  readonly maximum?: number;
}

/** Adds the node. */
export function addWhile(
  carryIn: readonly Tensor[],
  goesOn: Tensor,
  carryOut: readonly Tensor[],
  initial: readonly Tensor[],
  maximum: number | null,
): readonly Tensor[] {
  const both = close(carryIn, [goesOn, ...carryOut]);
  const captured = both.inputs.slice(carryIn.length);
  return applyAll(whilePrimitive, [...initial, ...captured], {
    condition: new Body(both.inputs, [goesOn]),
    body: new Body(both.inputs, carryOut),
    carries: initial.length,
    maximum,
  });
}

/**
 * Takes steps while the condition holds, which is asked before each, and returns the last carry. Carries are trees of
 * tensors; condition and step may use any tensors from around them. It has no derivative: how many steps there are is
 * not known beforehand.
 * @throws ShapeError or DTypeError for a condition that is no truth value, and for a carry that changes its form, shapes
 *   or dtypes; TypeError when it is differentiated
 */
export function whileLoop<Carry>(
  condition: (carry: Carry) => Tensor,
  step: (carry: Carry) => Carry,
  initial: Carry,
  { maximum }: WhileOptions = {},
): Carry {
  if (maximum !== undefined && !(Number.isSafeInteger(maximum) && maximum >= 0)) {
    throw new ShapeError(`whileLoop: maximum: expected a non-negative integer, got ${maximum}`);
  }
  const carry = carriesOf('whileLoop', initial);
  const goesOn = condition(carry.tree);
  requirePredicate('whileLoop: condition', goesOn);
  const carryOut = carry.matched(step(carry.tree), 'the step');
  return carry.filled(addWhile(carry.leaves, goesOn, carryOut, carry.initial, maximum ?? null));
}
