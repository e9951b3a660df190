import { sparseSweep } from '../autodiff/reverse.js';
import { Body, close, inputsBehind, rebind } from '../graph/body.js';
import { DTypeError, ShapeError } from '../graph/errors.js';
import { type Application, applyAll, type MultiPrimitive, serialNow } from '../graph/primitive.js';
import { formatShape, sameShape } from '../graph/shape.js';
import { Tensor } from '../graph/tensor.js';
import { zerosLike } from '../ops/fill.js';
import { placesOf } from './carry.js';

/** Inputs of the node: the predicate, then what either branch uses; the latter are the inputs of both bodies. */
interface CondAttributes {
  readonly thenBody: Body;
  readonly elseBody: Body;
}

export const condPrimitive: MultiPrimitive<CondAttributes> = {
  name: 'cond',
  inferAll: (_, { thenBody }) => thenBody.outputs,
  /** A choice between the derivatives of the branches, each of which computes its branch once more. */
  vjpAll(cotangents, { inputs: [predicate, ...captured], attributes: { thenBody, elseBody } }) {
    const bodies = [thenBody, elseBody].map((body) => rebind(body, captured));
    const own = new Set(bodies.flatMap(({ applications }) => applications));
    const mark = serialNow();
    const found = bodies.map(({ inputs, outputs }) => sparseSweep(outputs, inputs)(cotangents));
    const wanted = captured.flatMap((_, i) => (found.some((each) => each[i]) ? [i] : []));
    const [forThen, forElse] = found.map((each) => wanted.map((i) => each[i] ?? zerosLike(captured[i]!)));
    const results = addCond(
      predicate!,
      forThen!,
      forElse!,
      (application) => application.serial > mark || own.has(application),
    );
    const gradients: (Tensor | undefined)[] = captured.map(() => undefined);
    wanted.forEach((i, at) => {
      gradients[i] = results[at];
    });
    return [undefined, ...gradients];
  },
  emitAll(emitter, [predicate, ...captured], { attributes: { thenBody, elseBody }, outputs }) {
    const branch = (body: Body) => emitter.subgraph([], body.outputs, () => emitter.inline(body, captured));
    return emitter.operators(outputs.length, 'If', [predicate!], {
      then_branch: branch(thenBody),
      else_branch: branch(elseBody),
    });
  },
  narrow({ inputs: [predicate, ...captured], attributes: { thenBody, elseBody } }, used) {
    const bodies = [thenBody, elseBody];
    const behind = bodies.map((body) => inputsBehind(body, used));
    const kept = captured.map((_, i) => behind.some((each) => each[i]));
    if (kept.every(Boolean) && used.every(Boolean)) return undefined;
    const [thenPart, elsePart] = bodies.map(
      (body) =>
        new Body(
          body.inputs.filter((_, i) => kept[i]),
          body.outputs.filter((_, i) => used[i]),
        ),
    );
    return {
      inputs: [predicate!, ...captured.filter((_, i) => kept[i])],
      attributes: { thenBody: thenPart!, elseBody: elsePart! },
      outputs: used,
    };
  },
};

/** Adds the node; nodes that are inside are computed only when their branch is taken. */
export function addCond(
  predicate: Tensor,
  thenOutputs: readonly Tensor[],
  elseOutputs: readonly Tensor[],
  isInside: (application: Application) => boolean,
): readonly Tensor[] {
  if (thenOutputs.length === 0) return [];
  const captured = [
    ...new Set([thenOutputs, elseOutputs].flatMap((outputs) => close([], outputs, isInside).inputs)),
  ];
  return applyAll(condPrimitive, [predicate, ...captured], {
    thenBody: new Body(captured, thenOutputs),
    elseBody: new Body(captured, elseOutputs),
  });
}

/** @throws DTypeError or ShapeError unless the tensor is one truth value */
export function requirePredicate(name: string, predicate: Tensor): void {
  if (!(predicate instanceof Tensor))
    throw new DTypeError(`${name}: expected a tensor of bool, got ${predicate}`);
  if (predicate.dtype !== 'bool') throw new DTypeError(`${name}: expected bool, got ${predicate.dtype}`);
  if (predicate.rank !== 0) {
    throw new ShapeError(`${name}: expected a scalar, got ${formatShape(predicate.shape)}`);
  }
}

/**
 * What one of two functions makes of the operands, by a scalar of dtype bool. Both are traced, but only the one that is
 * taken runs, in the derivative too; for a choice element by element use `where`. The functions may use any tensors from
 * around them, and return trees of tensors of the same form, shapes and dtypes.
 * @throws DTypeError or ShapeError for a predicate that is no truth value, and for results that differ
 */
export function cond<Operands extends readonly unknown[], Result>(
  predicate: Tensor,
  thenBranch: (...operands: Operands) => Result,
  elseBranch: (...operands: Operands) => Result,
  ...operands: Operands
): Result {
  requirePredicate('cond: predicate', predicate);
  const mark = serialNow();
  const [first, second] = [thenBranch(...operands), elseBranch(...operands)];
  const [ours, theirs] = [placesOf(first), placesOf(second)];
  const all = [...new Set([...ours.paths, ...theirs.paths])];
  for (const path of all) {
    const [a, b] = [ours, theirs].map(({ leaves, paths }) => leaves[paths.indexOf(path)]);
    if (!a || !b || !sameShape(a.shape, b.shape) || a.dtype !== b.dtype) {
      const at = path ? `result.${path}` : 'the result';
      throw new ShapeError(
        `cond: the branches differ: ${at} is ${a ?? 'no tensor'} in the first and ${b ?? 'no tensor'} in the second`,
      );
    }
  }
  const inOrder = ours.paths.map((path) => theirs.leaves[theirs.paths.indexOf(path)]!);
  return ours.filled(addCond(predicate, ours.leaves, inOrder, ({ serial }) => serial > mark));
}
