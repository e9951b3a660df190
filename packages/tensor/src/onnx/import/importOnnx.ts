import type { Tensor } from '../../graph/tensor.js';
import { fromValue } from '../../ops/create.js';
import { elementTypeName, elementTypeOf, elementTypes } from './elements.js';
import { OnnxError } from './errors.js';
import type { FunctionFile, GraphFile, ModelFile, ValueFile } from './file.js';
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
   * operators and single numbers; undefined leaves it at that.
   */
  readonly trainable?: (weight: ImportedWeight) => boolean | undefined;
  readonly limits?: Partial<ImportLimits>;
}

/** Versions of the standard operators that can be imported. */
const [oldest, newest] = [11, 26];

/**
 * A model from the bytes of an ONNX file, ready to be run, differentiated and trained.
 * @throws OnnxError for bytes that are no ONNX model or exceed a limit, and for operators that cannot be imported, all of
 *   them named at once; RangeError for limits that make no sense
 */
export async function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): Promise<ImportedModule> {
  const { externalData, trainable } = options;
  const limits = limitsOf(options.limits);
  const model = readModel(bytes, limits);
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
  const program: ImportedProgram = {
    graph: model.graph,
    opsets: model.opsets,
    functions,
    tensors,
    limits,
    buffers: new Set(buffers.keys()),
    constants,
    metadata: model.metadata,
    inputs: model.graph.inputs.filter(({ name }) => !initialized.has(name)).map(inputOf),
    outputs: model.graph.outputs.map(describe),
  };
  return new ImportedModule(() => program, Object.fromEntries(parameters), buffers);
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
  const wrong = shape?.find(
    (length) => typeof length === 'number' && !(Number.isSafeInteger(length) && length >= 0),
  );
  if (wrong !== undefined) throw new OnnxError(`input "${name}": ${wrong} is no length`);
  return describe(value);
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
