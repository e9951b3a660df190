import { applicationOf, applicationsOf, leavesBehind } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';

/** Computes a tensor and keeps its elements in it. */
export type Compute = (tensor: Tensor) => Promise<unknown>;

/**
 * Computes the parts of a program that depend on weights alone, as far as what comes out is no larger than what goes in.
 * @param nameOf what a weight is called
 * @returns the tensors that have been computed, and what to call them: `layers.0.weight/transpose`
 */
export async function fold(
  outputs: readonly Tensor[],
  nameOf: (weight: Tensor) => string | undefined,
  compute: Compute,
): Promise<Map<Tensor, string>> {
  const roots = new Map<Tensor, string>();
  for (const root of foldable(outputs)) {
    const from = leavesBehind([root])
      .map(nameOf)
      .find((name) => name !== undefined);
    roots.set(root, `${from ?? 'captured'}/${applicationOf(root)!.primitive.name}`);
  }
  for (const root of roots.keys()) await compute(root);
  return roots;
}

function foldable(outputs: readonly Tensor[]): Tensor[] {
  const isWeight = (tensor: Tensor) => tensor.source.kind === 'value';
  const constants = new Set<Tensor>();
  const wanted = new Set<Tensor>(outputs);
  for (const { primitive, inputs, outputs: results } of applicationsOf(outputs)) {
    // What quantization leaves of a weight is to be told apart from the weight by those who read the file.
    const computable = primitive.name !== 'fakeQuantize';
    if (computable && inputs.every((input) => isWeight(input) || constants.has(input)))
      for (const result of results) constants.add(result);
    else for (const input of inputs) wanted.add(input);
  }
  const roots = new Set<Tensor>();
  const visit = (tensor: Tensor): void => {
    if (!constants.has(tensor)) return;
    const weights = leavesBehind([tensor]);
    if (weights.length === 0) return;
    const size = weights.reduce((total, weight) => total + weight.size, 0);
    if (tensor.size <= size) roots.add(tensor);
    else applicationOf(tensor)!.inputs.forEach(visit);
  };
  wanted.forEach(visit);
  return [...roots];
}
