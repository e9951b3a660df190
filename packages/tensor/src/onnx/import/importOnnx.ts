import { isFloat } from '../../graph/dtype.js';
import { DTypeError, ShapeError } from '../../graph/errors.js';
import { formatShape, sizeOf } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { fromValue } from '../../ops/create.js';
import { elementTypeName, elementTypeOf, elementTypes } from './elements.js';
import { OnnxError } from './errors.js';
import type { FunctionFile, GraphFile, ModelFile, NodeFile, TensorFile, ValueFile } from './file.js';
import { Budget, type ImportLimits, limitsOf } from './limits.js';
import { ImportedModule, type ImportedProgram, type ImportedValue } from './module.js';
import { operatorFor } from './operators.js';
import { nodesOf } from './order.js';
import { readModel } from './reader.js';
import { type ImportedWeight, rolesOf } from './roles.js';
import { decodeTensors, type ExternalData } from './tensors.js';
import { functionKey } from './tracing.js';
import { storedValue, type Value } from './value.js';

export interface ImportOptions {
  /** Reads files that hold weights of the model beside it. */
  readonly externalData?: ExternalData;
  /**
   * Which floats are parameters. All are unless said, but for running statistics, scales of quantization, settings of
   * operators, factors of lengths and single numbers; undefined leaves it at that.
   */
  readonly trainable?: (weight: ImportedWeight) => boolean | undefined;
  /**
   * Inputs that are the same in every call, by name, such as a sampling rate. They are no inputs of the module any more;
   * shapes and branches that depend on them are settled when it is traced. Their elements must be there.
   */
  readonly fixed?: Readonly<Record<string, Tensor>>;
  readonly limits?: Partial<ImportLimits>;
}

/** Versions of the standard operators that can be imported. */
const [oldest, newest] = [11, 26];

/**
 * A model from the bytes of an ONNX file, ready to be run, differentiated and trained.
 * @throws OnnxError for bytes that are no ONNX model or exceed a limit, and for operators that cannot be imported, all of
 *   them named at once; RangeError for limits that make no sense; for `fixed` that do not fit also ShapeError or DTypeError
 */
export async function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): Promise<ImportedModule> {
  const { externalData, trainable, fixed = {} } = options;
  const limits = limitsOf(options.limits);
  const model = withStoredWeights(readModel(bytes, limits));
  const functions = new Map(model.functions.map((each) => [functionKey(each.domain, each.name), each]));
  requireSupported(model, functions);
  requireNames(model.graph);
  const bodies = model.functions.flatMap(({ nodes }) => nodes);
  const tensors = await decodeTensors(model.graph, bodies, externalData, new Budget(limits));
  const roleOf = rolesOf(model.graph, trainable);
  const parameters: [string, Tensor][] = [];
  const buffers = new Map<string, Tensor>();
  const constants = new Map<string, Value>();
  for (const file of model.graph.initializers) {
    const { data, dtype } = tensors.get(file)!;
    const { name, shape, type } = file;
    const role = roleOf(file);
    if (role === 'constant') constants.set(name, storedValue(data, dtype, shape, type));
    else if (role === 'buffer') buffers.set(name, fromValue({ data, dtype, shape }));
    else parameters.push([name, fromValue({ data, dtype, shape })]);
  }
  // Early files list initializers among the inputs as well.
  const initialized = new Set(model.graph.initializers.map(({ name }) => name));
  const inputs = model.graph.inputs.filter(({ name }) => !initialized.has(name));
  for (const [name, tensor] of Object.entries(fixed)) constants.set(name, fixedValue(name, tensor, inputs));
  const program: ImportedProgram = {
    graph: model.graph,
    opsets: model.opsets,
    functions,
    tensors,
    limits,
    buffers: new Set(buffers.keys()),
    constants,
    metadata: model.metadata,
    inputs: inputs.filter(({ name }) => !Object.hasOwn(fixed, name)).map(inputOf),
    outputs: model.graph.outputs.map(describe),
  };
  return new ImportedModule(() => program, Object.fromEntries(parameters), buffers);
}

/**
 * The model with the tensors of floats that its nodes bring along among the initializers, which is where most files have
 * their weights. Single numbers are no weights.
 */
function withStoredWeights(model: ModelFile): ModelFile {
  const { graph } = model;
  const weights = new Map<NodeFile, TensorFile>();
  for (const node of graph.nodes) {
    const value = node.attributes.get('value');
    if (node.type !== 'Constant' || node.domain !== '' || value?.kind !== 'tensor') continue;
    const tensor = value.value;
    const [name] = node.outputs;
    if (name && isFloat(elementTypes[tensor.type].dtype) && sizeOf(tensor.shape) > 1)
      weights.set(node, { ...tensor, name });
  }
  if (weights.size === 0) return model;
  const nodes = graph.nodes.filter((node) => !weights.has(node));
  const initializers = [...graph.initializers, ...weights.values()];
  return { ...model, graph: { ...graph, nodes, initializers } };
}

function describe({ name, elementCode, shape }: ValueFile): ImportedValue {
  const type = elementTypeOf(elementCode ?? 0);
  // Outputs need not say what they are.
  return { name, dtype: type ? elementTypes[type].dtype : 'float32', shape };
}

function inputOf(value: ValueFile): ImportedValue {
  const { name, elementCode, shape } = value;
  if (elementCode === undefined) throw new OnnxError(`input "${name}": it is no tensor`);
  if (!elementTypeOf(elementCode)) {
    throw new OnnxError(`input "${name}": elements of ${elementTypeName(elementCode)} are not supported`);
  }
  const wrong = shape?.find((length) => typeof length === 'number' && !Number.isSafeInteger(length));
  if (wrong !== undefined) throw new OnnxError(`input "${name}": ${wrong} is no length`);
  return describe(value);
}

/** An input that is given once and for all. @throws OnnxError, DTypeError or ShapeError unless it is one of the inputs */
function fixedValue(name: string, { dtype, shape, value }: Tensor, inputs: readonly ValueFile[]): Value {
  const file = inputs.find((each) => each.name === name);
  if (!file) {
    const names = inputs.map((each) => each.name).join(', ');
    throw new OnnxError(`importOnnx: fixed: the model has no input "${name}"; it takes ${names}`);
  }
  if (!value) throw new OnnxError(`importOnnx: fixed: "${name}" has no elements yet; evaluate it before`);
  const input = inputOf(file);
  if (dtype !== input.dtype) {
    throw new DTypeError(`importOnnx: fixed: "${name}": expected ${input.dtype}, got ${dtype}`);
  }
  const fits =
    !input.shape ||
    (input.shape.length === shape.length &&
      input.shape.every((length, axis) => typeof length !== 'number' || length === shape[axis]));
  if (!fits) {
    const expected = input.shape.map((length) => length ?? '?').join(', ');
    throw new ShapeError(`importOnnx: fixed: "${name}": expected [${expected}], got ${formatShape(shape)}`);
  }
  return storedValue(value.data, dtype, shape, elementTypeOf(file.elementCode ?? 0) ?? dtype);
}

/** @throws OnnxError for names that stand twice or cannot be those of a record's entries */
function requireNames({ initializers, inputs, outputs }: GraphFile): void {
  for (const [what, values] of Object.entries({ tensor: initializers, input: inputs, output: outputs })) {
    const seen = new Set<string>();
    for (const { name } of values) {
      if (!name || name === '__proto__')
        throw new OnnxError(`graph: ${what} ${JSON.stringify(name)}: not a name`);
      if (seen.has(name)) throw new OnnxError(`graph: there are two ${what}s "${name}"`);
      seen.add(name);
    }
  }
}

/** @throws OnnxError that lists everything that cannot be imported */
function requireSupported(
  { graph, opsets, functions: all }: ModelFile,
  functions: ReadonlyMap<string, FunctionFile>,
): void {
  const version = opsets.get('');
  if (version !== undefined && !(version >= oldest && version <= newest)) {
    throw new OnnxError(`model: opset ${version} is not supported; expected ${oldest} to ${newest}`);
  }
  const unsupported = new Map<string, string[]>();
  const nodes = [...nodesOf(graph.nodes), ...all.flatMap((each) => [...nodesOf(each.nodes)])];
  for (const node of nodes) {
    const { domain, type, name } = node;
    if (domain === '' && version === undefined)
      throw new OnnxError('model: the opset of its operators is missing');
    if (functions.has(functionKey(domain, type)) || operatorFor(node)) continue;
    const operator = domain ? `${domain}.${type}` : type;
    unsupported.set(operator, [...(unsupported.get(operator) ?? []), name]);
  }
  if (unsupported.size === 0) return;
  const lines = [...unsupported].map(([operator, names]) => {
    const shown = names
      .slice(0, 5)
      .map((name) => `"${name}"`)
      .join(', ');
    return `${operator} (${names.length > 5 ? `${shown} and ${names.length - 5} more` : shown})`;
  });
  throw new OnnxError(
    `model: ${unsupported.size === 1 ? 'an operator is' : 'operators are'} not supported (opset ${version}): ${lines.join('; ')}`,
  );
}
