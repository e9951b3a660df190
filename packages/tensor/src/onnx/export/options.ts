import type { DType } from '../../graph/dtype.js';
import { ExportError } from '../../graph/errors.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { defaultOpset } from '../model.js';

/**
 * What a model is called with: an example tensor will do. Lengths that are names are known only when the file runs;
 * axes of one name have one length.
 */
export interface InputType {
  readonly shape: readonly (number | string)[];
  /** float32 unless said. */
  readonly dtype?: DType;
}

/** The inputs of a file by name, in the order in which the function takes them. */
export type InputTypes = Readonly<Record<string, InputType>>;

/** What a traced function gives: a tensor, which is called `output`, or tensors by name. */
export type NamedOutputs = Tensor | { readonly [name: string]: Tensor };

/**
 * How a weight is stored:
 * - `float16`: half as many bytes; numbers keep 11 bits, and those above 65504 become infinite.
 * - `int8`: a quarter, as whole multiples of a scale, one for each output channel unless said. The error is at most half
 *   a scale, which is the largest absolute number of the channel divided by 127.
 * - `blocks`: the matrix on the right of a product in `bits` bits (4 unless said), with a scale for each `blockSize` (32
 *   unless said, a power of 2 from 16 to 256) numbers along the summed axis. `symmetric` (true unless said) blocks
 *   are centred on 0, others reach from their smallest to their largest number. With ONNX Runtime's operators it is
 *   MatMulNBits, otherwise DequantizeLinear of 4 or 8 bits before the product.
 *
 * Where DequantizeLinear stands before a product, ONNX Runtime rounds the other side to 8 bits too, unless its session has
 * `session.qdq_matmulnbits_accuracy_level` at 1.
 */
export type WeightFormat =
  | { readonly as: 'float16' }
  | { readonly as: 'int8'; readonly perChannel?: boolean }
  | {
      readonly as: 'blocks';
      readonly bits?: 2 | 4 | 8;
      readonly blockSize?: number;
      readonly symmetric?: boolean;
    };

/** A weight, as the choice of its format sees it. */
export interface WeightInfo {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether the function brought it along, instead of the model. */
  readonly captured: boolean;
}

export interface ExportOptions {
  /** Version of ONNX's operators, from 13 to 24; 21 unless said. */
  readonly opset?: number;
  /**
   * The function is traced with several lengths of its named axes to find what depends on them, unless said with primes
   * between 23 and 229. Three lengths by an axis's name, for functions that take only some: best ones that nothing else has.
   */
  readonly tryLengths?: Readonly<Record<string, readonly [number, number, number]>>;
  /** Allows ONNX Runtime's own operators, which other runtimes do not know. */
  readonly ortOperators?: boolean;
  /** Computes what depends on weights alone now, and stores the results in their place. */
  readonly fold?: boolean;
  /**
   * How weights are stored, as they are unless said: one format for all of the model's that it suits, or a function that
   * chooses for each. Formats are for float32; those of 8 bits and fewer are for two and more axes.
   */
  readonly weights?: WeightFormat | ((weight: WeightInfo) => WeightFormat | undefined);
  /**
   * Name of a second file, next to the model, for tensors of a kilobyte and more. Models of more than 2 GB need it.
   */
  readonly externalData?: string;
  /** Name of the graph. */
  readonly name?: string;
  readonly documentation?: string;
  /** What else there is to say about the model, by keys of one's own. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The program that the file is by, `evenkeel` unless said, and its version. */
  readonly producer?: string;
  readonly producerVersion?: string;
}

/** An ONNX model in binary form. */
export interface ExportedModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The second file, to be written to `location` relative to the first, if it was asked for. */
  readonly externalData?: { readonly location: string; readonly bytes: Uint8Array<ArrayBuffer> };
}

/** Numbers of the operators that can be written, oldest and newest. */
const [oldest, newest] = [13, 24];

/** @throws ExportError for options that make no sense */
export function requireOptions({ opset = defaultOpset, externalData }: ExportOptions): void {
  if (!(Number.isInteger(opset) && opset >= oldest && opset <= newest)) {
    throw new ExportError(`exportOnnx: opset: got ${opset}, expected an integer from ${oldest} to ${newest}`);
  }
  if (
    externalData !== undefined &&
    (!externalData || /^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)/i.test(externalData))
  ) {
    throw new ExportError(
      `exportOnnx: externalData: got ${JSON.stringify(externalData)}, expected a file name next to the model`,
    );
  }
}
