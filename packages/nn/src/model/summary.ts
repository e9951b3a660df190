import {
  type DType,
  formatShape,
  isFloat,
  leavesOf,
  nodesBehind,
  type Shape,
  symbol,
  type Tensor,
  vjp,
  withLeaves,
} from '@evenkeel/tensor';
import { type Instrumented, instrument, type Module } from './instrument.js';
import { bytesOf, inferenceBytes, keptBytes } from './memory.js';
import { costsOf, total } from './multiplyAdds.js';
import { countParameters } from './parameters.js';

/** What a model is called with: an example tensor will do. */
export interface ExampleInput {
  readonly shape: Shape;
  /** float32 unless said. */
  readonly dtype?: DType;
}

/** One module of a model. All numbers include the modules below it. */
export interface ModuleSummary {
  /** Such as `layers.0.attention`; empty for the model itself. */
  readonly path: string;
  readonly className: string;
  /** Numbers in its tensors, tied ones once. */
  readonly parameters: number;
  /** Calls from outside of it. */
  readonly calls: number;
  /** Shape of the first tensor that its last call returned; undefined for modules that were not called. */
  readonly output?: Shape;
  readonly multiplyAdds: number;
  /** Bytes of its results that a training step keeps for the derivative. */
  readonly trainingBytes: number;
}

/** What a model holds and costs, for inputs of the given shapes. */
export interface ModelSummary {
  /** The model first, then its modules in order of their places. */
  readonly modules: readonly ModuleSummary[];
  readonly parameters: number;
  readonly parameterBytes: number;
  /**
   * Products of two numbers with an addition, forward: those of matrix products and convolutions with their padding.
   * Everything else counts as free. Twice as many are often called FLOPs.
   */
  readonly multiplyAdds: number;
  /** Bytes of results that a training step keeps for the derivative, without parameters and inputs. */
  readonly trainingBytes: number;
  /** Most bytes of intermediate results at once without a derivative, if none share memory. */
  readonly inferenceBytes: number;
}

const ownCall = (model: unknown, ...inputs: Tensor[]): unknown => {
  const { call } = model as { call?: unknown };
  if (typeof call !== 'function') {
    throw new TypeError(
      'modelSummary: the model has no method `call`; give a function as the third argument',
    );
  }
  return call.apply(model, inputs);
};

/**
 * Traces one call of a model, without running it, and tells what its modules hold and cost. Nodes belong to the innermost
 * module whose method made them. A `whileLoop` has no derivative, so that what it returns must pass `stopGradient`.
 * @param inputs examples, or their shapes and dtypes, in the order in which `call` takes them
 * @param call `model.call(...inputs)` unless said; returns a tree of tensors
 * @throws TypeError for a model without `call`, when none is given; RangeError for no output; what `call` throws
 * @example `console.log(formatSummary(modelSummary(network, [{ shape: [32, 1, 28, 28] }])))`
 */
export function modelSummary<Model>(
  model: Model,
  inputs: readonly ExampleInput[],
  call: (model: Model, ...inputs: Tensor[]) => unknown = ownCall,
): ModelSummary {
  const given = inputs.map(({ shape, dtype = 'float32' }, i) => symbol({ shape, dtype }, `input ${i}`));
  const leaves = leavesOf(model);
  const symbols = leaves.map(({ shape, dtype }, i) => symbol({ shape, dtype }, `parameter ${i}`));
  let watched: Instrumented | undefined;
  let results: readonly Tensor[] = [];
  const [outputs, pull] = vjp((parameters: readonly Tensor[]) => {
    const traced = withLeaves(model, parameters);
    watched = instrument(traced);
    results = leavesOf(call(traced, ...given));
    return results.filter(({ dtype }) => isFloat(dtype));
  }, symbols);
  if (results.length === 0) throw new RangeError('modelSummary: the call returned no tensor');
  const gradients = pull(outputs.map((each, i) => symbol(each, `cotangent ${i}`)));
  return describe(model, results, keptBytes(outputs, gradients), watched!);
}

function describe(
  model: unknown,
  results: readonly Tensor[],
  kept: ReadonlyMap<Tensor, number>,
  { modules, makerOf }: Instrumented,
): ModelSummary {
  const nodes = nodesBehind(results);
  const costs = costsOf(nodes).map(({ node, multiplyAdds }) => ({
    path: makerOf(node.serial),
    multiplyAdds,
  }));
  const makers = new Map(
    nodes.flatMap((node) => node.outputs.map((output) => [output, node.serial] as const)),
  );
  const bytes = [...kept].map(([tensor, size]) => {
    const serial = makers.get(tensor);
    return { path: serial === undefined ? '' : makerOf(serial), size };
  });
  const summarized = modules.map(({ path, className, parameters, calls, output }: Module): ModuleSummary => {
    const isBelow = (each: { readonly path: string }) =>
      path === '' || each.path === path || each.path.startsWith(`${path}.`);
    return {
      path,
      className,
      parameters,
      calls,
      ...(output && { output }),
      multiplyAdds: costs.filter(isBelow).reduce((sum, each) => sum + each.multiplyAdds, 0),
      trainingBytes: bytes.filter(isBelow).reduce((sum, { size }) => sum + size, 0),
    };
  });
  return {
    modules: summarized,
    parameters: countParameters(model),
    parameterBytes: leavesOf(model).reduce((sum, each) => sum + bytesOf(each), 0),
    multiplyAdds: total(costsOf(nodes)),
    trainingBytes: bytes.reduce((sum, { size }) => sum + size, 0),
    inferenceBytes: inferenceBytes(results),
  };
}

const count = (n: number): string => n.toLocaleString('en-US');

const cells = ({ path, className, output, ...numbers }: ModuleSummary): string[] => [
  path || '(model)',
  className,
  output ? formatShape(output) : '',
  count(numbers.parameters),
  count(numbers.multiplyAdds),
  count(numbers.trainingBytes),
];

/** A summary as a table in plain text, with the totals below. */
export function formatSummary(summary: ModelSummary): string {
  const header = ['module', 'class', 'output', 'parameters', 'multiply-adds', 'kept bytes'];
  const rows = [header, ...summary.modules.map(cells)];
  const widths = header.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [
    ...rows.map(line),
    '',
    `${count(summary.parameters)} parameters in ${count(summary.parameterBytes)} bytes`,
    `${count(summary.multiplyAdds)} multiply-adds forward`,
    `${count(summary.trainingBytes)} bytes kept for the derivative, ${count(summary.inferenceBytes)} at most without one`,
  ].join('\n');
}
