import type { DType } from '../../graph/dtype.js';
import { DTypeError, ShapeError } from '../../graph/errors.js';
import { formatShape, sameShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { type ElementType, elementTypeOf } from './elements.js';
import { OnnxError } from './errors.js';
import { type Resized, resizedProgram } from './resize.js';
import { runNodes } from './trace.js';
import { type Traceable, Tracing, type TrainingOptions } from './tracing.js';
import { tensorValue, type Value } from './value.js';

/** An input or output of a model. */
export interface ImportedValue {
  readonly name: string;
  readonly dtype: DType;
  /**
   * Lengths that differ from call to call are names, or undefined where they have none; axes of one name have one length.
   * Undefined for outputs of any shape.
   */
  readonly shape: readonly (number | string | undefined)[] | undefined;
}

/** @internal What is told of a model while it is imported. */
export interface ImportedProgram extends Traceable {
  readonly inputs: readonly ImportedValue[];
  readonly outputs: readonly ImportedValue[];
  /** Tensors that are part of the program. */
  readonly constants: ReadonlyMap<string, Value>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Is told of every value of the graph as it is traced. */
  readonly watch?: (name: string, value: Tensor) => void;
}

export interface RunOptions {
  /** Computes as in training: batch normalization by the batch, and dropout if a key is given. */
  readonly training?: TrainingOptions;
  /** Buffers in place of the module's own, by name; those left out are the module's. */
  readonly buffers?: Readonly<Record<string, Tensor>>;
}

export interface RunResult {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** All buffers, with the running statistics that training has moved. */
  readonly buffers: Readonly<Record<string, Tensor>>;
}

/**
 * A model from an ONNX file. It is a tree whose leaves are its parameters, so that it can be differentiated, trained and
 * compiled as any model. Shapes are those of the inputs that come: a batch or a sequence may have any length that the
 * file leaves open. Weights stored as float16 are float32 here, narrow integers are int32.
 */
export class ImportedModule {
  /** Trained weights, under the names of the file. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /**
   * Running statistics, scales of quantization and integer weights. A map, which trees leave out: gradients and optimizers
   * do not touch them.
   */
  readonly buffers: ReadonlyMap<string, Tensor>;
  /** @internal Everything but the weights; a function, since trees take it as one value then. */
  readonly program: () => ImportedProgram;

  /** @internal `importOnnx` makes modules. */
  constructor(
    program: () => ImportedProgram,
    parameters: Readonly<Record<string, Tensor>>,
    buffers: ReadonlyMap<string, Tensor>,
  ) {
    this.program = program;
    this.parameters = parameters;
    this.buffers = buffers;
  }

  /** What a call takes, in order. */
  get inputs(): readonly ImportedValue[] {
    return this.program().inputs;
  }

  get outputs(): readonly ImportedValue[] {
    return this.program().outputs;
  }

  /** The types of the graph's operators, in the order in which they run: `Conv`, `com.microsoft.FusedMatMul`, …. */
  get operators(): readonly string[] {
    return this.program().graph.nodes.map(({ domain, type }) => (domain ? `${domain}.${type}` : type));
  }

  /** Parameters and buffers in one record: what a file of this model calls weights. */
  get weights(): Readonly<Record<string, Tensor>> {
    return Object.fromEntries([...Object.entries(this.parameters), ...this.buffers]);
  }

  /**
   * The same model with some parameters or buffers replaced, such as the running statistics that training has moved.
   * `(weights, x) => model.withWeights(weights).call(x)` is the model as a function of `model.weights`: exported as that,
   * the new file has the names of the old one.
   * @throws OnnxError for names that the model does not have; ShapeError or DTypeError for weights of another type
   */
  withWeights(weights: Readonly<Record<string, Tensor>>): ImportedModule {
    const all = replaced('withWeights', new Map(Object.entries(this.weights)), weights);
    const parameters = Object.keys(this.parameters).map((name) => [name, all.get(name)!] as const);
    const buffers = [...this.buffers.keys()].map((name) => [name, all.get(name)!] as const);
    return new ImportedModule(this.program, Object.fromEntries(parameters), new Map(buffers));
  }

  /**
   * The same model, which tells `watch` of every value of its graph by name whenever it is traced.
   * @internal
   */
  watched(watch: (name: string, value: Tensor) => void): ImportedModule {
    const program = { ...this.program(), watch };
    return new ImportedModule(() => program, this.parameters, this.buffers);
  }

  /**
   * The same model with fewer channels: weights of other lengths, and a graph in which nodes that name lengths name the
   * new ones.
   * @param weights all parameters and buffers
   * @param shapes of the values of the graph whose shapes differ
   * @internal
   */
  resized(weights: Readonly<Record<string, Tensor>>, shapes: ReadonlyMap<string, Resized>): ImportedModule {
    const program = resizedProgram(this.program(), shapes);
    const pick = (names: Iterable<string>) => [...names].map((name) => [name, weights[name]!] as const);
    return new ImportedModule(
      () => program,
      Object.fromEntries(pick(Object.keys(this.parameters))),
      new Map(pick(this.buffers.keys())),
    );
  }

  /**
   * The output of a model that has one, from its inputs in order.
   * @throws as `run`, and OnnxError when there are several outputs
   */
  call(...inputs: readonly Tensor[]): Tensor {
    const { outputs } = this;
    if (outputs.length !== 1) {
      const names = outputs.map(({ name }) => name).join(', ');
      throw new OnnxError(`call: the model has ${outputs.length} outputs (${names}); use run() instead`);
    }
    return this.run(inputs).outputs[outputs[0]!.name]!;
  }

  /**
   * All outputs by name, from inputs by name or in order.
   * @throws ShapeError or DTypeError for inputs that do not fit, saying which, and from within naming the node; OnnxError
   *   for what a node asks for and cannot be had
   */
  run(
    inputs: readonly Tensor[] | Readonly<Record<string, Tensor>>,
    { training, buffers = {} }: RunOptions = {},
  ): RunResult {
    const program = this.program();
    const given = inputsByName(program.inputs, inputs);
    const own = replaced('buffers', this.buffers, buffers);
    const tracing = new Tracing(program, training);
    const stored = new Map<string, ElementType | undefined>([
      ...program.graph.inputs.map(({ name, elementCode = 0 }) => [name, elementTypeOf(elementCode)] as const),
      ...program.graph.initializers.map(({ name, type }) => [name, type] as const),
    ]);
    const weights = [...Object.entries(this.parameters), ...own].map(
      ([name, tensor]) => [name, tensorValue(tensor, stored.get(name))] as const,
    );
    const values = new Map([...program.constants, ...weights]);
    for (const [name, tensor] of given) values.set(name, tensorValue(tensor, stored.get(name)));
    runNodes(program.graph.nodes, { values, opsets: program.opsets, depth: 1 }, tracing);
    if (program.watch) for (const [name, value] of values) program.watch(name, value.tensor);
    const outputs = program.outputs.map(({ name }) => {
      const value = values.get(name);
      if (!value) throw new OnnxError(`output "${name}": no node gives it`);
      return [name, value.tensor] as const;
    });
    return {
      outputs: Object.fromEntries(outputs),
      buffers: Object.fromEntries([...own, ...tracing.updates]),
    };
  }
}

/** @throws OnnxError for names that are not there, ShapeError or DTypeError for tensors of another type */
function replaced(
  what: string,
  own: ReadonlyMap<string, Tensor>,
  others: Readonly<Record<string, Tensor>>,
): ReadonlyMap<string, Tensor> {
  for (const [name, tensor] of Object.entries(others)) {
    const before = own.get(name);
    if (!before) throw new OnnxError(`${what}: the model has no such weight: "${name}"`);
    if (!sameShape(before.shape, tensor.shape)) {
      throw new ShapeError(
        `${what}: "${name}": expected ${formatShape(before.shape)}, got ${formatShape(tensor.shape)}`,
      );
    }
    if (before.dtype !== tensor.dtype) {
      throw new DTypeError(`${what}: "${name}": expected ${before.dtype}, got ${tensor.dtype}`);
    }
  }
  return new Map([...own, ...Object.entries(others)]);
}

function inputsByName(
  declared: readonly ImportedValue[],
  inputs: readonly Tensor[] | Readonly<Record<string, Tensor>>,
): [name: string, tensor: Tensor][] {
  const names = declared.map(({ name }) => name);
  const inOrder = Array.isArray(inputs);
  const given = new Map<string, Tensor>(
    inOrder
      ? (inputs as Tensor[]).map((tensor, i) => [names[i] ?? `number ${i}`, tensor])
      : Object.entries(inputs),
  );
  if (given.size !== names.length || !names.every((name) => given.has(name))) {
    throw new ShapeError(
      `inputs: the model takes ${names.length} (${names.join(', ')}), got ${given.size} (${[...given.keys()].join(', ')})`,
    );
  }
  const lengths = new Map<string, number>();
  return declared.map(({ name, dtype, shape }) => {
    const tensor = given.get(name)!;
    if (tensor.dtype !== dtype) {
      throw new DTypeError(`input "${name}": expected ${dtype}, got ${tensor.dtype}`);
    }
    const fits =
      !shape ||
      (shape.length === tensor.rank &&
        shape.every((length, axis) => {
          const actual = tensor.shape[axis]!;
          const expected = typeof length === 'string' ? (lengths.get(length) ?? actual) : (length ?? actual);
          if (typeof length === 'string') lengths.set(length, expected);
          return actual === expected;
        }));
    if (!fits) {
      const open = shape.map((length) =>
        typeof length === 'string' && lengths.has(length)
          ? `${length} = ${lengths.get(length)}`
          : (length ?? '?'),
      );
      throw new ShapeError(
        `input "${name}": expected [${open.join(', ')}], got ${formatShape(tensor.shape)}`,
      );
    }
    return [name, tensor];
  });
}
