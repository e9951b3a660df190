import {
  type DType,
  formatShape,
  ShapeError,
  scan,
  slice,
  splitKey,
  swapAxes,
  type Tensor,
  uniform,
  zeros,
} from '@evenkeel/tensor';

/** What an LSTM carries from step to step, both `[n, hidden]`. */
export interface LstmState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/**
 * Long short-term memory: `[n, length, inputs] → [n, length, hidden]`, with the state after the last step. The four
 * gates stand side by side in the weights: input, forget, candidate, output.
 */
export class Lstm {
  /** `[inputs, 4 · hidden]` */
  readonly inputWeight: Tensor;
  /** `[hidden, 4 · hidden]` */
  readonly hiddenWeight: Tensor;
  /** `[4 · hidden]` */
  readonly bias: Tensor;

  /** Weights and bias begin as U(±1/√hidden). */
  constructor(
    key: Tensor,
    inputs: number,
    hidden: number,
    { dtype = 'float32' }: { readonly dtype?: DType } = {},
  ) {
    const [inputKey, hiddenKey, biasKey] = splitKey(key, 3);
    const bound = hidden ** -0.5;
    const range = { low: -bound, high: bound, dtype };
    this.inputWeight = uniform(inputKey, [inputs, 4 * hidden], range);
    this.hiddenWeight = uniform(hiddenKey, [hidden, 4 * hidden], range);
    this.bias = uniform(biasKey, [4 * hidden], range);
  }

  /**
   * @param state where to go on from; zeros unless said
   * @throws ShapeError unless `x` is [n, length, inputs] and the state fits
   */
  call(x: Tensor, state?: LstmState): [outputs: Tensor, state: LstmState] {
    const [inputs, size] = [this.inputWeight.length(0), this.hiddenWeight.length(0)];
    if (x.rank !== 3 || x.length(2) !== inputs) {
      throw new ShapeError(
        `Lstm: expected an input of shape [n, length, ${inputs}], got ${formatShape(x.shape)}`,
      );
    }
    const n = x.length(0);
    const start = state ?? { hidden: zeros([n, size], x.dtype), cell: zeros([n, size], x.dtype) };
    for (const [what, { shape }] of Object.entries(start)) {
      if (shape.length !== 2 || shape[0] !== n || shape[1] !== size) {
        throw new ShapeError(`Lstm: ${what}: got ${formatShape(shape)}, expected [${n}, ${size}]`);
      }
    }
    const driven = swapAxes(x.matMul(this.inputWeight).add(this.bias), 0, 1);
    const [last, outputs] = scan(
      ({ hidden, cell }: LstmState, drive: Tensor) => {
        const sums = drive.add(hidden.matMul(this.hiddenWeight));
        const gate = (i: number) => slice(sums, [0, i * size], [n, (i + 1) * size]);
        const kept = gate(1).sigmoid().mul(cell);
        const next = kept.add(gate(0).sigmoid().mul(gate(2).tanh()));
        const shown = gate(3).sigmoid().mul(next.tanh());
        return [{ hidden: shown, cell: next }, shown] as const;
      },
      start,
      driven,
    );
    return [swapAxes(outputs, 0, 1), last];
  }
}
