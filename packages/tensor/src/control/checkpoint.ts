import { sparseSweep } from '../autodiff/reverse.js';
import { type Body, close, replay } from '../graph/body.js';
import { apply, applyAll, type MultiPrimitive, type Primitive, serialNow } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { leavesOf, treeLike } from '../graph/tree.js';
import { emitCast } from '../ops/emit.js';

const afterPrimitive: Primitive = {
  name: 'after',
  infer: ([input]) => ({ shape: input!.shape, dtype: input!.dtype }),
  vjp: (cotangent) => [cotangent],
  // A reshape copies nothing. Its shape has a zero added to it that comes of the other tensor, so that no optimizer can
  // tell that this is the input itself.
  emit(emitter, [input, other], { output }) {
    const flat = emitter.operator('Reshape', [other!, emitter.constant([-1], 'int64')]);
    const one = emitter.operator('Gather', [flat, emitter.constant([0], 'int64')]);
    const zero = emitter.operator('Mul', [emitCast(emitter, one, 'int64'), emitter.constant([0], 'int64')]);
    const shape = emitter.operator('Add', [emitter.constant(output.shape, 'int64'), zero]);
    return emitter.operator('Reshape', [input!, shape], { allowzero: { int: 1 } });
  },
};

/** `input`, but not before `other` is there; what is computed from it is not merged with what is computed before. */
const after = (input: Tensor, other: Tensor): Tensor =>
  other.size === 0 ? input : apply(afterPrimitive, [input, other], {});

/** Inputs of the node: the results, which it passes on, then what they are computed from. */
const checkpointPrimitive: MultiPrimitive<{ readonly body: Body }> = {
  name: 'checkpoint',
  inferAll: (inputs, { body }) => inputs.slice(0, body.outputs.length),
  vjpAll(cotangents, { inputs, attributes: { body } }) {
    const given = inputs.slice(body.outputs.length);
    const first = cotangents.find((each) => each !== undefined)!;
    const again = given.map((input) => after(input, first));
    const found = sparseSweep(replay(body, again), again)(cotangents);
    return [...body.outputs.map(() => undefined), ...found];
  },
  emitAll: (_, names, { outputs }) => names.slice(0, outputs.length),
};

/**
 * The same function, whose inner values are not kept for the derivative but computed once more when it is their turn:
 * less memory for about a third more time. Works on functions of any arguments that return a tree of tensors, and may
 * use tensors from around it.
 * @example a deep network: `layers.reduce((x, layer) => checkpoint(layer)(x), input)`
 */
export function checkpoint<Arguments extends readonly unknown[], Result>(
  fn: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  return (...args) => {
    const mark = serialNow();
    const result = fn(...args);
    const outputs = leavesOf(result);
    const body = close([], outputs, ({ serial }) => serial > mark);
    return treeLike(result)(applyAll(checkpointPrimitive, [...outputs, ...body.inputs], { body }));
  };
}
