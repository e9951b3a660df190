import type { DType, TypedArray } from '../../graph/dtype.js';
import { sizeOf } from '../../graph/shape.js';
import { decodeElements, elementTypes } from './elements.js';
import { OnnxError } from './errors.js';
import type { ExternalPlace, GraphFile, NodeFile, TensorFile } from './file.js';
import type { Budget } from './limits.js';

/** Gives the bytes of a file that belongs to a model. @param location path relative to the model's, never above it */
export type ExternalData = (location: string) => Uint8Array | Promise<Uint8Array>;

/** Elements of a tensor of a file, in the dtype that they are held as. */
export interface Decoded {
  readonly data: TypedArray;
  readonly dtype: DType;
}

const isExternal = (data: TensorFile['data']): data is ExternalPlace => !(data instanceof Uint8Array);

/** All tensors of graphs and of their nodes' attributes. */
function* tensorsOf(graph: GraphFile): Generator<TensorFile> {
  yield* graph.initializers;
  for (const node of graph.nodes) yield* tensorsOfNode(node);
}

function* tensorsOfNode({ attributes }: NodeFile): Generator<TensorFile> {
  for (const attribute of attributes.values()) {
    if (attribute.kind === 'tensor') yield attribute.value;
    else if (attribute.kind === 'tensors') yield* attribute.value;
    else if (attribute.kind === 'graph') yield* tensorsOf(attribute.value);
    else if (attribute.kind === 'graphs') for (const each of attribute.value) yield* tensorsOf(each);
  }
}

/**
 * Decodes the tensors of a graph and of the graphs in it, and fetches what lies in other files.
 * @throws OnnxError for data that are not where they should be, and for elements that cannot be held
 */
export async function decodeTensors(
  graph: GraphFile,
  nodes: Iterable<NodeFile>,
  external: ExternalData | undefined,
  budget: Budget,
): Promise<ReadonlyMap<TensorFile, Decoded>> {
  const files = new Map<string, Uint8Array>();
  const decoded = new Map<TensorFile, Decoded>();
  const all = [...tensorsOf(graph), ...[...nodes].flatMap((node) => [...tensorsOfNode(node)])];
  for (const tensor of all) {
    const { data } = tensor;
    if (isExternal(data) && !files.has(data.location)) {
      files.set(data.location, await fetchFile(data.location, external, tensor.name));
    }
    const bytes = isExternal(data) ? stretchOf(files.get(data.location)!, data, tensor.name) : data;
    decoded.set(tensor, decode(tensor, bytes, budget));
  }
  return decoded;
}

async function fetchFile(
  location: string,
  external: ExternalData | undefined,
  tensor: string,
): Promise<Uint8Array> {
  if (!external) {
    throw new OnnxError(
      `tensor "${tensor}": its elements are in the file ${JSON.stringify(location)}; give importOnnx the option externalData, which reads it`,
    );
  }
  const bytes: unknown = await external(location);
  if (!(bytes instanceof Uint8Array)) {
    throw new OnnxError(
      `tensor "${tensor}": externalData gave no Uint8Array for ${JSON.stringify(location)}`,
    );
  }
  return bytes;
}

function stretchOf(
  bytes: Uint8Array,
  { location, offset, length }: ExternalPlace,
  tensor: string,
): Uint8Array {
  if (offset + length > bytes.length) {
    throw new OnnxError(
      `tensor "${tensor}": ${length} bytes from ${offset} on do not lie in ${JSON.stringify(location)}, which has ${bytes.length}`,
    );
  }
  return bytes.subarray(offset, offset + length);
}

function decode({ name, type, shape }: TensorFile, bytes: Uint8Array, budget: Budget): Decoded {
  const { dtype } = elementTypes[type];
  const count = sizeOf(shape);
  budget.takeBytes(
    count * (dtype === 'bool' ? 1 : dtype === 'int64' || dtype === 'float64' ? 8 : 4),
    `tensor "${name}"`,
  );
  const data = decodeElements(bytes, type, count);
  if (type === 'uint64' && (data as BigInt64Array).some((number) => number < 0n)) {
    throw new OnnxError(`tensor "${name}": uint64 is held as int64, and there are numbers of 2⁶³ and more`);
  }
  return { data, dtype };
}
