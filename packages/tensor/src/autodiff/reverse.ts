import { isFloat } from '../graph/dtype.js';
import { type Application, applicationsOf, isDifferentiable, pullBack } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { add } from '../ops/elementwise.js';
import { zerosLike } from '../ops/fill.js';

/**
 * The reverse sweep, ready to run: a function from the cotangents of `outputs` to those of `inputs`. What it writes are
 * ordinary nodes, so that it can be differentiated again. Inputs that the outputs do not depend on get zeros. The nodes
 * are collected now, since tensors that are computed later forget how they came about.
 */
export function reverseSweep(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
): (cotangents: readonly Tensor[]) => Tensor[] {
  const sweep = sparseSweep(outputs, inputs);
  return (cotangents) => sweep(cotangents).map((each, i) => each ?? zerosLike(inputs[i]!));
}

/** As `reverseSweep`, with undefined for cotangents that are zero, on both sides. */
export function sparseSweep(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
): (cotangents: readonly (Tensor | undefined)[]) => (Tensor | undefined)[] {
  const applications = dependants(outputs, new Set(inputs)).reverse();
  return (cotangents) => {
    const received = new Map<Tensor, Tensor>();
    const receive = (tensor: Tensor, cotangent: Tensor | undefined): void => {
      if (!cotangent) return;
      const before = received.get(tensor);
      // In this order ONNX Runtime adds each term as soon as it is there; in the other it keeps all of them to the end.
      received.set(tensor, before ? add(cotangent, before) : cotangent);
    };
    outputs.forEach((output, i) => {
      receive(output, cotangents[i]);
    });
    for (const application of applications) {
      const own = application.outputs.map((output) => received.get(output));
      if (own.every((cotangent) => cotangent === undefined)) continue;
      const results = pullBack(application, own);
      application.inputs.forEach((input, i) => {
        if (isFloat(input.dtype)) receive(input, results[i]);
      });
    }
    return inputs.map((input) => received.get(input));
  };
}

/** The nodes between `inputs` and `outputs` along which derivatives flow, in order of computation. */
function dependants(outputs: readonly Tensor[], inputs: ReadonlySet<Tensor>): Application[] {
  const depends = new Set<Tensor>(inputs);
  // An input of the sweep ends it: what lies behind it is a constant.
  return applicationsOf(outputs, inputs).filter((application) => {
    if (!isDifferentiable(application) || !application.inputs.some((input) => depends.has(input)))
      return false;
    for (const output of application.outputs) depends.add(output);
    return true;
  });
}
