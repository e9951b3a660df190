import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  allNodesOf,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxValue,
} from '../graph/onnx.js';
import type { Shape } from '../graph/shape.js';
import { onnxTypes, type StoredType } from '../ops/emit.js';

export type { OnnxNode, OnnxValue } from '../graph/onnx.js';

/** An ONNX model as plain data: the part of the format that we write. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Version of the standard operators, from 13; 21 unless said. */
  readonly opset?: number;
  readonly description?: ModelDescription;
}

/** What a model says about itself. */
export interface ModelDescription {
  /** Name of the graph; `evenkeel` unless said. */
  readonly name?: string;
  readonly documentation?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The program that wrote the model, and its version; `evenkeel` unless said. */
  readonly producer?: string;
  readonly producerVersion?: string;
}

export interface OnnxConstant {
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: Shape;
  /** Row-major, little-endian; two elements a byte for 4 bits, the first in the lower half. */
  readonly data: ArrayBufferView<ArrayBuffer>;
}

/** A second file for constants that do not go into the model itself. */
export interface ExternalData {
  /** The file's path, relative to that of the model. */
  readonly location: string;
  /** Takes in the bytes of a constant and returns where they start; undefined for those that stay in the model. */
  place(bytes: Uint8Array<ArrayBuffer>): number | undefined;
}

export const defaultOpset = 21;

/** The version of the file format that came with each version of the operators. */
const irVersions: readonly (readonly [opset: number, irVersion: number])[] = [
  [25, 13],
  [24, 12],
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
  [13, 7],
];

// Field numbers are those of the ONNX format's protobuf schema.
type Write = (writer: BinaryWriter) => void;

const message = (writer: BinaryWriter, field: number, write: Write): void => {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
};
const text = (writer: BinaryWriter, field: number, value: string) =>
  writer.tag(field, WireType.LengthDelimited).string(value);
const integer = (writer: BinaryWriter, field: number, value: number) =>
  writer.tag(field, WireType.Varint).int64(value);

const writeAttribute =
  (name: string, attribute: OnnxAttribute): Write =>
  (writer) => {
    text(writer, 1, name);
    if ('float' in attribute) {
      writer.tag(2, WireType.Bit32).float(attribute.float);
      integer(writer, 20, 1);
    } else if ('int' in attribute) {
      integer(writer, 3, attribute.int);
      integer(writer, 20, 2);
    } else if ('string' in attribute) {
      text(writer, 4, attribute.string);
      integer(writer, 20, 3);
    } else if ('graph' in attribute) {
      message(writer, 6, writeGraph({ ...attribute.graph, name, constants: [] }));
      integer(writer, 20, 5);
    } else {
      for (const value of attribute.ints) integer(writer, 8, value);
      integer(writer, 20, 7);
    }
  };

const writeNode =
  (node: OnnxNode): Write =>
  (writer) => {
    for (const input of node.inputs) text(writer, 1, input);
    for (const output of node.outputs) text(writer, 2, output);
    text(writer, 3, node.name);
    text(writer, 4, node.type);
    for (const [name, attribute] of Object.entries(node.attributes))
      message(writer, 5, writeAttribute(name, attribute));
    if (node.domain) text(writer, 7, node.domain);
  };

const writeEntry =
  (key: string, value: string): Write =>
  (writer) => {
    text(writer, 1, key);
    text(writer, 2, value);
  };

const writeConstant =
  ({ name, dtype, shape, data }: OnnxConstant, external?: ExternalData): Write =>
  (writer) => {
    for (const length of shape) integer(writer, 1, length);
    integer(writer, 2, onnxTypes[dtype]);
    text(writer, 8, name);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const offset = external?.place(bytes);
    if (external === undefined || offset === undefined) {
      writer.tag(9, WireType.LengthDelimited).bytes(bytes);
      return;
    }
    const place = { location: external.location, offset: String(offset), length: String(bytes.length) };
    for (const [key, value] of Object.entries(place)) message(writer, 13, writeEntry(key, value));
    integer(writer, 14, 1);
  };

const writeValue =
  ({ name, dtype, shape }: OnnxValue): Write =>
  (writer) => {
    text(writer, 1, name);
    message(writer, 2, (type) => {
      message(type, 1, (tensorType) => {
        integer(tensorType, 1, onnxTypes[dtype]);
        message(tensorType, 2, (dimensions) => {
          for (const length of shape) {
            message(dimensions, 1, (dimension) =>
              typeof length === 'number' ? integer(dimension, 1, length) : text(dimension, 2, length),
            );
          }
        });
      });
    });
  };

type NamedGraph = OnnxGraph & Pick<OnnxModel, 'constants'> & { readonly name: string };

const writeGraph =
  ({ name, nodes, constants, inputs, outputs }: NamedGraph, external?: ExternalData): Write =>
  (writer) => {
    for (const node of nodes) message(writer, 1, writeNode(node));
    text(writer, 2, name);
    for (const constant of constants) message(writer, 5, writeConstant(constant, external));
    for (const input of inputs) message(writer, 11, writeValue(input));
    for (const output of outputs) message(writer, 12, writeValue(output));
  };

/** The model in ONNX's binary form; with `external`, constants that it takes in are left to the second file. */
export function encodeModel(model: OnnxModel, external?: ExternalData): Uint8Array<ArrayBuffer> {
  const { opset: version = defaultOpset, description = {} } = model;
  const {
    name = 'evenkeel',
    documentation,
    metadata = {},
    producer = 'evenkeel',
    producerVersion,
  } = description;
  const writer = new BinaryWriter();
  integer(writer, 1, irVersions.find(([from]) => version >= from)![1]);
  text(writer, 2, producer);
  if (producerVersion) text(writer, 3, producerVersion);
  if (documentation) text(writer, 6, documentation);
  message(writer, 7, writeGraph({ ...model, name }, external));
  const extensions = new Set(
    allNodesOf(model.nodes)
      .map(({ domain }) => domain)
      .filter((domain) => domain !== ''),
  );
  const opsets = [['', version] as const, ...[...extensions].map((domain) => [domain, 1] as const)];
  for (const [domain, version] of opsets) {
    message(writer, 8, (opset) => {
      text(opset, 1, domain);
      integer(opset, 2, version);
    });
  }
  for (const [key, value] of Object.entries(metadata)) message(writer, 14, writeEntry(key, value));
  return writer.finish();
}
