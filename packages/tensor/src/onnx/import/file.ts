import type { Shape } from '../../graph/shape.js';
import type { ElementType } from './elements.js';

// An ONNX file as plain data, the way it was written: nothing is checked yet but that it can be read.

export interface ModelFile {
  readonly irVersion: number;
  /** Versions of the operators by domain; the standard's is ''. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly producer: string;
  readonly producerVersion: string;
  readonly documentation: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: GraphFile;
  readonly functions: readonly FunctionFile[];
}

export interface GraphFile {
  readonly name: string;
  /** Every node after those that it uses. */
  readonly nodes: readonly NodeFile[];
  readonly initializers: readonly TensorFile[];
  readonly inputs: readonly ValueFile[];
  readonly outputs: readonly ValueFile[];
}

/** An operator that is written as a graph of others. */
export interface FunctionFile {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly NodeFile[];
  readonly opsets: ReadonlyMap<string, number>;
  /** Values of attributes that a call may leave out. */
  readonly defaults: ReadonlyMap<string, AttributeFile>;
}

export interface NodeFile {
  readonly name: string;
  readonly type: string;
  /** '' for the standard's operators. */
  readonly domain: string;
  /** '' for inputs that are left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeFile>;
}

export type AttributeFile =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: TensorFile }
  | { readonly kind: 'tensors'; readonly value: readonly TensorFile[] }
  | { readonly kind: 'graph'; readonly value: GraphFile }
  | { readonly kind: 'graphs'; readonly value: readonly GraphFile[] }
  /** The attribute of that name of the function around. */
  | { readonly kind: 'reference'; readonly value: string }
  /** Sparse tensors and types. */
  | { readonly kind: 'other'; readonly value: number };

export interface TensorFile {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
  /** Elements as they lie in files, or where else they are. */
  readonly data: Uint8Array | ExternalPlace;
}

/** A stretch of another file. */
export interface ExternalPlace {
  /** Path relative to the model's. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** What is declared about an input or output. */
export interface ValueFile {
  readonly name: string;
  /** ONNX's number for the element type; undefined when the value is no tensor or its type is not said. */
  readonly elementCode: number | undefined;
  /** Undefined lengths are not known at all, names stand for ones that differ from run to run; undefined for any rank. */
  readonly shape: readonly (number | string | undefined)[] | undefined;
}
