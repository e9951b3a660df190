import { callSize } from '@evenkeel/nn';
import { type DType, type ImportedModule, importOnnx, type Tensor } from '@evenkeel/tensor';

/** An input or output of a file. */
export interface ValueFacts {
  readonly name: string;
  readonly dtype: DType;
  /** Open lengths by their names, or `?`; absent where the file does not say. */
  readonly shape?: readonly (number | string)[];
}

/** What a file holds, and what a call costs. */
export interface ModelFacts {
  readonly inputs: readonly ValueFacts[];
  readonly outputs: readonly ValueFacts[];
  /** Numbers in its weights. */
  readonly parameters: number;
  /** Products with an addition, forward, for one sample; absent when lengths that are open decide. */
  readonly multiplyAdds?: number;
  /** How often each operator stands in the graph, by its name, most frequent first. */
  readonly operators: Readonly<Record<string, number>>;
}

const valueFacts = ({ name, dtype, shape }: ImportedModule['inputs'][number]): ValueFacts => ({
  name,
  dtype,
  ...(shape && { shape: shape.map((length) => length ?? '?') }),
});

/**
 * The shapes of a call with one sample: an open first length is 1, other open ones are `length`.
 * @returns undefined when lengths are open and `length` is not given
 */
export function exampleShapes(
  { inputs }: ImportedModule,
  length: number | undefined,
): { shape: number[]; dtype: DType }[] | undefined {
  const shapes = inputs.map(({ shape, dtype }) => ({
    dtype,
    shape: shape?.map((each, axis) => (typeof each === 'number' ? each : axis === 0 ? 1 : length)),
  }));
  const isKnown = (each: (typeof shapes)[number]): each is { shape: number[]; dtype: DType } =>
    each.shape?.every((one) => one !== undefined) ?? false;
  return shapes.every(isKnown) ? shapes : undefined;
}

/** All outputs of a call. */
export const runAll = (model: ImportedModule, ...inputs: Tensor[]): unknown => model.run(inputs).outputs;

/**
 * Reads a file and tells what is in it, without running it.
 * @param length of open axes other than the first of an input
 * @throws OnnxError for bytes that are no model that can be imported
 */
export async function inspectModel(bytes: Uint8Array, length?: number): Promise<ModelFacts> {
  const model = await importOnnx(bytes);
  const counts = new Map<string, number>();
  for (const operator of model.operators) counts.set(operator, (counts.get(operator) ?? 0) + 1);
  const shapes = exampleShapes(model, length);
  return {
    inputs: model.inputs.map(valueFacts),
    outputs: model.outputs.map(valueFacts),
    parameters: Object.values(model.weights).reduce((sum, { size }) => sum + size, 0),
    ...(shapes && { multiplyAdds: callSize(model, runAll, shapes).multiplyAdds }),
    operators: Object.fromEntries([...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))),
  };
}
