import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { DType, TypedArray } from '../graph/dtype.js';
import type { OnnxAttribute } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';
import { onnxTypes } from '../ops/emit.js';

/** An ONNX model as plain data: the part of the format that we write. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxNode {
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface OnnxConstant extends OnnxValue {
  readonly data: TypedArray;
}

const irVersion = 10;
const opsetVersion = 21;

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

const writeConstant =
  ({ name, dtype, shape, data }: OnnxConstant): Write =>
  (writer) => {
    for (const length of shape) integer(writer, 1, length);
    integer(writer, 2, onnxTypes[dtype]);
    text(writer, 8, name);
    writer
      .tag(9, WireType.LengthDelimited)
      .bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  };

const writeValue =
  ({ name, dtype, shape }: OnnxValue): Write =>
  (writer) => {
    text(writer, 1, name);
    message(writer, 2, (type) => {
      message(type, 1, (tensorType) => {
        integer(tensorType, 1, onnxTypes[dtype]);
        message(tensorType, 2, (dimensions) => {
          for (const length of shape) message(dimensions, 1, (dimension) => integer(dimension, 1, length));
        });
      });
    });
  };

/** The model in ONNX's binary form. */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  integer(writer, 1, irVersion);
  text(writer, 2, 'evenkeel');
  message(writer, 7, (graph) => {
    for (const node of model.nodes) message(graph, 1, writeNode(node));
    text(graph, 2, 'evenkeel');
    for (const constant of model.constants) message(graph, 5, writeConstant(constant));
    for (const input of model.inputs) message(graph, 11, writeValue(input));
    for (const output of model.outputs) message(graph, 12, writeValue(output));
  });
  const extensions = new Set(model.nodes.map(({ domain }) => domain).filter((domain) => domain !== ''));
  const opsets = [['', opsetVersion] as const, ...[...extensions].map((domain) => [domain, 1] as const)];
  for (const [domain, version] of opsets) {
    message(writer, 8, (opset) => {
      text(opset, 1, domain);
      integer(opset, 2, version);
    });
  }
  return writer.finish();
}
