import { OnnxError } from './errors.js';
import type {
  AttributeFile,
  FunctionFile,
  GraphFile,
  ModelFile,
  NodeFile,
  TensorFile,
  ValueFile,
} from './file.js';
import { Budget, type ImportLimits, limitsOf } from './limits.js';
import { ordered } from './order.js';
import { readEntry, readTensor } from './readTensor.js';
import { bytesOf, type Field, fieldsOf, fixedOf, floatOf, integerOf, integersOf, textOf } from './wire.js';

/**
 * Reads an ONNX file as plain data. Elements of tensors stay where they are in `bytes` until they are decoded.
 * @throws OnnxError for bytes that are no ONNX file or exceed a limit
 */
export function readModel(bytes: Uint8Array, limits?: Partial<ImportLimits>): ModelFile {
  const budget = new Budget(limitsOf(limits));
  if (bytes.length > budget.limits.fileBytes) {
    throw new OnnxError(
      `model: ${bytes.length} bytes are more than ${budget.limits.fileBytes} (limits.fileBytes)`,
    );
  }
  // Without the methods that other kinds of byte arrays have in place of these.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [texts, opsets, metadata] = [new Map<number, string>(), new Map<string, number>(), new Map()];
  const functions: FunctionFile[] = [];
  let irVersion = 0;
  let graph: GraphFile | undefined;
  for (const field of fieldsOf(plain, budget, 'model')) {
    if (field.number === 1) irVersion = integerOf(field, 'model');
    else if ([2, 3, 6].includes(field.number)) texts.set(field.number, textOf(field, budget, 'model'));
    else if (field.number === 7) graph = readGraph(bytesOf(field, 'model'), budget, 1, 'graph');
    else if (field.number === 8) opsets.set(...readOpset(field, budget, 'model'));
    else if (field.number === 14) metadata.set(...readEntry(bytesOf(field, 'model'), budget, 'model'));
    else if (field.number === 25) functions.push(readFunction(bytesOf(field, 'model'), budget));
  }
  if (!graph) throw new OnnxError('model: not an ONNX file: there is no graph');
  const text = (field: number): string => texts.get(field) ?? '';
  return {
    irVersion,
    opsets,
    producer: text(2),
    producerVersion: text(3),
    documentation: text(6),
    metadata,
    graph,
    functions,
  };
}

/** The domain of standard operators has two names. */
const domainOf = (name: string): string => (name === 'ai.onnx' ? '' : name);

function readOpset(field: Field, budget: Budget, where: string): [domain: string, version: number] {
  let [domain, version] = ['', 0];
  for (const part of fieldsOf(bytesOf(field, where), budget, where)) {
    if (part.number === 1) domain = domainOf(textOf(part, budget, where));
    else if (part.number === 2) version = integerOf(part, where);
  }
  return [domain, version];
}

function readGraph(bytes: Uint8Array, budget: Budget, depth: number, where: string): GraphFile {
  if (depth > budget.limits.depth) {
    throw new OnnxError(`${where}: graphs lie more than ${budget.limits.depth} deep (limits.depth)`);
  }
  const [nodes, initializers]: [NodeFile[], TensorFile[]] = [[], []];
  const [inputs, outputs]: [ValueFile[], ValueFile[]] = [[], []];
  let name = '';
  for (const field of fieldsOf(bytes, budget, where)) {
    if (field.number === 1) nodes.push(readNode(bytesOf(field, where), budget, depth, nodes.length, where));
    else if (field.number === 2) name = textOf(field, budget, where);
    else if (field.number === 5) initializers.push(readTensor(bytesOf(field, where), budget, where));
    else if (field.number === 11) inputs.push(readValue(bytesOf(field, where), budget, where));
    else if (field.number === 12) outputs.push(readValue(bytesOf(field, where), budget, where));
    else if (field.number === 15) throw new OnnxError(`${where}: sparse tensors are not supported`);
  }
  return { name, nodes: ordered(nodes), initializers, inputs, outputs };
}

function readNode(bytes: Uint8Array, budget: Budget, depth: number, index: number, where: string): NodeFile {
  budget.takeNode(where);
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes: Uint8Array[] = [];
  let [name, type, domain] = ['', '', ''];
  for (const field of fieldsOf(bytes, budget, where)) {
    if (field.number === 1) inputs.push(textOf(field, budget, where));
    else if (field.number === 2) outputs.push(textOf(field, budget, where));
    else if (field.number === 3) name = textOf(field, budget, where);
    else if (field.number === 4) type = textOf(field, budget, where);
    else if (field.number === 5) attributes.push(bytesOf(field, where));
    else if (field.number === 7) domain = domainOf(textOf(field, budget, where));
  }
  // After the other fields, so that messages can name the node.
  const label = name || `${type} ${index}`;
  return {
    name: label,
    type,
    domain,
    inputs,
    outputs,
    attributes: new Map(attributes.map((each) => readAttribute(each, budget, depth, `node "${label}"`))),
  };
}

function readFunction(bytes: Uint8Array, budget: Budget): FunctionFile {
  const [inputs, outputs, nodes]: [string[], string[], NodeFile[]] = [[], [], []];
  const [opsets, defaults] = [new Map<string, number>(), new Map<string, AttributeFile>()];
  let [name, domain] = ['', ''];
  const where = 'function';
  for (const field of fieldsOf(bytes, budget, where)) {
    if (field.number === 1) name = textOf(field, budget, where);
    else if (field.number === 4) inputs.push(textOf(field, budget, where));
    else if (field.number === 5) outputs.push(textOf(field, budget, where));
    else if (field.number === 7) nodes.push(readNode(bytesOf(field, where), budget, 1, nodes.length, where));
    else if (field.number === 9) opsets.set(...readOpset(field, budget, where));
    else if (field.number === 10) domain = domainOf(textOf(field, budget, where));
    else if (field.number === 11) defaults.set(...readAttribute(bytesOf(field, where), budget, 1, where));
  }
  return { name, domain, inputs, outputs, nodes: ordered(nodes), opsets, defaults };
}

/** Kinds of attributes by ONNX's number; others hold sparse tensors and types. */
const kinds = [
  undefined,
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  'tensors',
  'graphs',
] as const;

function readAttribute(
  bytes: Uint8Array,
  budget: Budget,
  depth: number,
  node: string,
): [name: string, attribute: AttributeFile] {
  const fields: Field[] = [];
  let name = '';
  let code: number | undefined;
  let reference: string | undefined;
  for (const field of fieldsOf(bytes, budget, node)) {
    if (field.number === 1) name = textOf(field, budget, node);
    else if (field.number === 20) code = integerOf(field, node);
    else if (field.number === 21) reference = textOf(field, budget, node);
    else if (field.number >= 2 && field.number <= 11) fields.push(field);
  }
  const where = `${node}: attribute "${name}"`;
  if (reference) return [name, { kind: 'reference', value: reference }];
  // Early files do not say what kind an attribute is.
  const kind = code === undefined ? fieldKinds[fields[0]?.number ?? 0] : kinds[code];
  if (!kind) return [name, { kind: 'other', value: code ?? 0 }];
  return [name, attributeValue(kind, fields, budget, depth, where)];
}

/** Which kind of attribute each field holds. */
const fieldKinds: Readonly<Record<number, (typeof kinds)[number]>> = {
  2: 'float',
  3: 'int',
  4: 'string',
  5: 'tensor',
  6: 'graph',
  7: 'floats',
  8: 'ints',
  9: 'strings',
  10: 'tensors',
  11: 'graphs',
};

function attributeValue(
  kind: NonNullable<(typeof kinds)[number]>,
  all: readonly Field[],
  budget: Budget,
  depth: number,
  where: string,
): AttributeFile {
  const fields = all.filter(({ number }) => fieldKinds[number] === kind);
  const one = (): Field => {
    const field = fields.at(-1);
    if (!field) throw new OnnxError(`${where}: it has no value`);
    return field;
  };
  const several = <T>(items: (field: Field) => Iterable<T>): T[] => {
    const values: T[] = [];
    for (const field of fields) {
      for (const item of items(field)) {
        if (values.push(item) > budget.limits.attributeElements) {
          throw new OnnxError(
            `${where}: more than ${budget.limits.attributeElements} elements (limits.attributeElements)`,
          );
        }
      }
    }
    return values;
  };
  switch (kind) {
    // A number that is zero may be left out.
    case 'float':
      return { kind, value: fields.length ? floatOf(one(), where) : 0 };
    case 'int':
      return { kind, value: fields.length ? integerOf(one(), where) : 0 };
    case 'string':
      return { kind, value: fields.length ? textOf(one(), budget, where) : '' };
    case 'tensor':
      return { kind, value: readTensor(bytesOf(one(), where), budget, where) };
    case 'graph':
      return { kind, value: readGraph(bytesOf(one(), where), budget, depth + 1, where) };
    case 'floats':
      return { kind, value: several((field) => floatsOf(field, where)) };
    case 'ints':
      return { kind, value: several((field) => integersOf(field, where)).map(Number) };
    case 'strings':
      return { kind, value: several((field) => [textOf(field, budget, where)]) };
    case 'tensors':
      return { kind, value: several((field) => [readTensor(bytesOf(field, where), budget, where)]) };
    case 'graphs':
      return {
        kind,
        value: several((field) => [readGraph(bytesOf(field, where), budget, depth + 1, where)]),
      };
  }
}

function* floatsOf(field: Field, where: string): Generator<number> {
  const bytes = fixedOf(field, 4, where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset < bytes.length; offset += 4) yield view.getFloat32(offset, true);
}

function readValue(bytes: Uint8Array, budget: Budget, where: string): ValueFile {
  let [name, elementCode] = ['', undefined as number | undefined];
  let shape: (number | string | undefined)[] | undefined;
  for (const field of fieldsOf(bytes, budget, where)) {
    if (field.number === 1) name = textOf(field, budget, where);
    if (field.number !== 2) continue;
    for (const type of fieldsOf(bytesOf(field, where), budget, where)) {
      // Types that are not tensors stay unknown.
      if (type.number !== 1) continue;
      for (const part of fieldsOf(bytesOf(type, where), budget, where)) {
        if (part.number === 1) elementCode = integerOf(part, where);
        else if (part.number === 2) shape = readShape(bytesOf(part, where), budget, where);
      }
    }
  }
  return { name, elementCode, shape };
}

function readShape(bytes: Uint8Array, budget: Budget, where: string): (number | string | undefined)[] {
  const lengths: (number | string | undefined)[] = [];
  for (const field of fieldsOf(bytes, budget, where)) {
    if (field.number !== 1) continue;
    let length: number | string | undefined;
    for (const part of fieldsOf(bytesOf(field, where), budget, where)) {
      if (part.number === 1) length = integerOf(part, where);
      else if (part.number === 2) length = textOf(part, budget, where);
    }
    // Paddle's way to leave lengths open, which are not the same ones.
    lengths.push(length === '' || length === '?' || Number(length) < 0 ? undefined : length);
  }
  return lengths;
}
