import { isDType } from '../../graph/dtype.js';
import { ExportError } from '../../graph/errors.js';
import { applicationOf, applicationsOf, leavesBehind, serialNow } from '../../graph/primitive.js';
import { Tensor } from '../../graph/tensor.js';
import type { NamedTensor } from '../emit.js';
import { mostAxes, type Trial, usualTrial } from './formula.js';
import type { ExportOptions, InputTypes, NamedOutputs } from './options.js';

/** An axis whose length is not known before the file runs, and where that length can be read. */
export interface DynamicAxis {
  readonly name: string;
  /** Which input has it, and as which of its axes. */
  readonly input: number;
  readonly position: number;
  /** The lengths that it is tried with. */
  readonly trial: Trial;
}

/** The named axes of the inputs, in order of first appearance. @throws ExportError for shapes that make no sense */
export function dynamicAxesOf(
  inputs: InputTypes,
  tryLengths: ExportOptions['tryLengths'] = {},
): DynamicAxis[] {
  const axes = new Map<string, Pick<DynamicAxis, 'input' | 'position'>>();
  for (const [order, [input, { shape, dtype = 'float32' }]] of Object.entries(inputs).entries()) {
    if (!isDType(dtype)) throw new ExportError(`exportOnnx: input "${input}": unknown dtype ${dtype}`);
    shape.forEach((length, position) => {
      if (typeof length === 'number' ? !(Number.isSafeInteger(length) && length >= 0) : !length) {
        throw new ExportError(
          `exportOnnx: input "${input}": a shape is made of non-negative integers and names, got ${JSON.stringify(shape)}`,
        );
      }
      if (typeof length === 'string' && !axes.has(length)) axes.set(length, { input: order, position });
    });
  }
  if (axes.size > mostAxes) {
    throw new ExportError(
      `exportOnnx: got ${axes.size} named axes (${[...axes.keys()].join(', ')}), expected at most ${mostAxes}`,
    );
  }
  requireTrials(tryLengths, [...axes.keys()]);
  return [...axes].map(([name, place], axis) => ({
    name,
    ...place,
    trial: tryLengths[name] ?? usualTrial(axis),
  }));
}

function requireTrials(
  tryLengths: Readonly<Record<string, readonly number[]>>,
  axes: readonly string[],
): void {
  for (const [name, lengths] of Object.entries(tryLengths)) {
    if (!axes.includes(name)) {
      const known = axes.join(', ') || 'none';
      throw new ExportError(`exportOnnx: tryLengths: no axis is called ${name}; there are: ${known}`);
    }
    const make = lengths.length === 3 && new Set(lengths).size === 3;
    if (!make || !lengths.every((length) => Number.isSafeInteger(length) && length > 0)) {
      throw new ExportError(
        `exportOnnx: tryLengths: ${name}: expected three different positive integers, got ${JSON.stringify(lengths)}`,
      );
    }
  }
}

/** A tensor that becomes part of the file. */
export interface Weight extends NamedTensor {
  /** Whether the function brought it along, instead of the model. */
  readonly captured: boolean;
}

/** A traced function. */
export interface Traced {
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly Tensor[];
  readonly outputNames: readonly string[];
  /** Nodes with larger numbers were made by the function, others were there before. */
  readonly start: number;
}

/** Calls `fn` with inputs of the given types; `lengths` says how long the named axes are this time. */
export function trace<Model>(
  fn: (model: Model, ...inputs: Tensor[]) => NamedOutputs,
  model: Model,
  inputs: InputTypes,
  lengths: ReadonlyMap<string, number>,
): Traced {
  const named = Object.entries(inputs).map(([name, { shape, dtype = 'float32' }]): NamedTensor => {
    const known = shape.map((length) => (typeof length === 'number' ? length : lengths.get(length)!));
    return { name, tensor: new Tensor({ shape: known, dtype }, { kind: 'input', name }) };
  });
  const start = serialNow();
  const result = traced(() => fn(model, ...named.map(({ tensor }) => tensor)), lengths);
  const outputs = namedOutputs(result);
  return {
    inputs: named,
    outputs: outputs.map(({ tensor }) => tensor),
    outputNames: outputs.map(({ name }) => name),
    start,
  };
}

function traced<Result>(call: () => Result, lengths: ReadonlyMap<string, number>): Result {
  try {
    return call();
  } catch (error) {
    if (lengths.size === 0) throw error;
    const tried = [...lengths].map(([name, length]) => `${name} = ${length}`).join(', ');
    const message = error instanceof Error ? error.message : String(error);
    throw new ExportError(
      `exportOnnx: the function failed when it was tried with ${tried}: ${message}; if it does not take such lengths, give others with tryLengths`,
      {
        cause: error,
      },
    );
  }
}

function namedOutputs(result: NamedOutputs): NamedTensor[] {
  if (result instanceof Tensor) return [{ name: 'output', tensor: result }];
  const entries = typeof result === 'object' && result !== null ? Object.entries(result) : [];
  if (entries.length === 0 || !entries.every(([, each]) => each instanceof Tensor)) {
    throw new ExportError(
      'exportOnnx: the function must return a tensor or a record of tensors, synchronously',
    );
  }
  return entries.map(([name, tensor]) => ({ name, tensor }));
}

/** The tensors that a function uses and that were to be computed before it was called. */
export function pendingBefore({ outputs, start }: Traced): Tensor[] {
  const isBefore = (tensor: Tensor) => (applicationOf(tensor)?.serial ?? Number.POSITIVE_INFINITY) <= start;
  const own = applicationsOf(outputs).filter(({ serial }) => serial > start);
  return [...new Set([...outputs, ...own.flatMap(({ inputs }) => inputs)])].filter(isBefore);
}

/**
 * The tensors that outputs depend on besides the inputs, in the order of their names, and then those without one as
 * `captured.0`, ….
 */
export function weightsOf(
  outputs: readonly Tensor[],
  inputs: readonly NamedTensor[],
  names: ReadonlyMap<Tensor, string>,
): Weight[] {
  const given = new Set(inputs.map(({ tensor }) => tensor));
  const used = new Set(leavesBehind(outputs).filter((leaf) => !given.has(leaf)));
  for (const tensor of used) {
    if (tensor.source.kind !== 'input') continue;
    throw new ExportError(
      `exportOnnx: the function uses ${tensor}, an input of another function that is being traced`,
    );
  }
  const named = [...names].flatMap(([tensor, name]) =>
    used.has(tensor) ? [{ name, tensor, captured: false }] : [],
  );
  const captured = [...used].filter((tensor) => !names.has(tensor));
  return [...named, ...captured.map((tensor, i) => ({ name: `captured.${i}`, tensor, captured: true }))];
}
