import type { OnnxAttribute } from '../../graph/primitive.js';
import { onnxTypes } from '../../ops/emit.js';
import type { OnnxConstant, OnnxNode } from '../model.js';
import { axesOf, type Formula, isConstant } from './formula.js';
import { provisional } from './names.js';
import type { DynamicAxis } from './trace.js';

/** Writes the operators that work out numbers from the lengths of the inputs' axes. */
export class LengthWriter {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  readonly #written = new Map<string, string>();
  readonly #axes: readonly DynamicAxis[];

  constructor(axes: readonly DynamicAxis[]) {
    this.#axes = axes;
  }

  /** A tensor like the constant, with elements that the formulas give; returns its name. */
  write(formulas: readonly Formula[], { dtype, shape }: Pick<OnnxConstant, 'dtype' | 'shape'>): string {
    return this.#once(`${dtype}[${shape}]${JSON.stringify(formulas)}`, () => {
      const vector = this.#vector(formulas);
      const shaped =
        shape.length === 1 ? vector : this.#operator('Reshape', [vector, this.#integers(shape)], {});
      return dtype === 'int64' ? shaped : this.#operator('Cast', [shaped], { to: { int: onnxTypes[dtype] } });
    });
  }

  #vector(formulas: readonly Formula[]): string {
    const pieces: string[] = [];
    let known: number[] = [];
    const flush = (): void => {
      if (known.length > 0) pieces.push(this.#integers(known));
      known = [];
    };
    for (const formula of formulas) {
      if (isConstant(formula)) {
        known.push(formula[0]!);
      } else {
        flush();
        pieces.push(this.#number(formula));
      }
    }
    flush();
    return pieces.length === 1 ? pieces[0]! : this.#operator('Concat', pieces, { axis: { int: 0 } });
  }

  /** One number, int64 [1]. */
  #number(formula: Formula): string {
    const terms = formula.flatMap((factor, mask) => {
      if (factor === 0) return [];
      const lengths = axesOf(mask).map((axis) => this.#length(axis));
      const factors = factor === 1 && mask > 0 ? lengths : [...lengths, this.#integers([factor])];
      return [factors.reduce((product, each) => this.#operator('Mul', [product, each]))];
    });
    return terms.reduce((sum, term) => this.#operator('Add', [sum, term]));
  }

  #length(axis: number): string {
    const { input, position } = this.#axes[axis]!;
    return this.#operator('Gather', [
      this.#operator('Shape', [provisional('input', input)]),
      this.#integers([position]),
    ]);
  }

  #integers(numbers: readonly number[]): string {
    return this.#once(`integers[${numbers}]`, () => {
      const name = `:constant.length.${this.constants.length}`;
      const data = BigInt64Array.from(numbers, BigInt);
      this.constants.push({ name, dtype: 'int64', shape: [numbers.length], data });
      return name;
    });
  }

  #operator(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    return this.#once(JSON.stringify([type, inputs, attributes]), () => {
      const name = `lengths|${type}.${this.nodes.length}`;
      this.nodes.push({ name: `${name}.${type}`, type, domain: '', inputs, outputs: [name], attributes });
      return name;
    });
  }

  #once(key: string, write: () => string): string {
    const existing = this.#written.get(key);
    if (existing) return existing;
    const name = write();
    this.#written.set(key, name);
    return name;
  }
}
