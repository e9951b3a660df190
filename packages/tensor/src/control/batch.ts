import type { Body } from '../graph/body.js';
import { type Application, applyAll } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { broadcastTo, reshape } from '../ops/broadcast.js';

/** A tensor inside a function that runs for many examples at once. */
export interface Batched {
  readonly tensor: Tensor;
  /** Whether it has an element for each example, along a first axis of its own; if not, it is the same for all. */
  readonly each: boolean;
}

/**
 * How an operation is written for `size` examples at once: from its inputs, of which at least one has the axis of
 * examples, to its outputs, which all have it.
 */
export type BatchRule = (
  application: Application,
  inputs: readonly Batched[],
  size: number,
) => readonly Tensor[];

/** With the axis of examples, repeated if need be. */
export const repeated = ({ tensor, each }: Batched, size: number): Tensor =>
  each ? tensor : broadcastTo(reshape(tensor, [1, ...tensor.shape]), [size, ...tensor.shape]);

/** Of `rank` axes behind the axis of examples, so that it broadcasts as it did without that axis. */
export const aligned = ({ tensor, each }: Batched, rank: number): Tensor =>
  each && tensor.rank < rank + 1
    ? reshape(tensor, [
        tensor.shape[0]!,
        ...Array.from({ length: rank + 1 - tensor.rank }, () => 1),
        ...tensor.shape.slice(1),
      ])
    : tensor;

/** A body's outputs for many examples; what does not depend on them is computed once. */
export function batch(
  body: Body,
  given: readonly Batched[],
  size: number,
  ruleOf: (application: Application) => BatchRule,
): Batched[] {
  const values = new Map(body.inputs.map((input, i) => [input, given[i]!]));
  const current = (tensor: Tensor): Batched => values.get(tensor) ?? { tensor, each: false };
  for (const application of body.applications) {
    const inputs = application.inputs.map(current);
    const each = inputs.some((input) => input.each);
    if (!each && inputs.every(({ tensor }, i) => tensor === application.inputs[i])) continue;
    const results = each
      ? ruleOf(application)(application, inputs, size)
      : applyAll(
          application.primitive,
          inputs.map(({ tensor }) => tensor),
          application.attributes,
        );
    application.outputs.forEach((output, i) => {
      values.set(output, { tensor: results[i]!, each });
    });
  }
  return body.outputs.map(current);
}
