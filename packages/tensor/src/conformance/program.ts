import {
  compile,
  evaluate,
  grad,
  isFloat,
  leavesOf,
  mul,
  type Shape,
  sizeOf,
  sum,
  type Tensor,
  tensor,
} from '../index.js';

/** A computation whose results must agree on every runtime. */
export interface Program {
  readonly name: string;
  /** Computes the results; called anew on each runtime. */
  run(): Promise<readonly Tensor[]>;
  /** Whether it needs float64, which GPUs lack. */
  readonly float64: boolean;
  /** How far results may be off on a GPU, of their largest element; 1e-4 unless said. */
  readonly toleranceOnGpu?: number;
}

/** Numbers between -1 and 1 without a pattern, the same everywhere; `seed` chooses among sequences. */
export function numbers(shape: Shape, seed = 1): Tensor {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  return tensor(Float32Array.from({ length: sizeOf(shape) }, next), { shape });
}

type Formula = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/** The results of a formula, and its gradients with respect to those inputs that are floats. */
export function derived(name: string, inputs: readonly Tensor[], formula: Formula): Program {
  const weighted = (points: readonly Tensor[]): Tensor =>
    leavesOf(formula(...points))
      .filter(({ dtype }) => isFloat(dtype))
      .map((output, i) => sum(mul(output, weightsLike(output, i))))
      .reduce((total, term) => total.add(term));
  return program(name, inputs, (...points) => [
    ...leavesOf(formula(...points)),
    ...grad(weighted)(points).filter(({ dtype }) => isFloat(dtype)),
  ]);
}

/** Weights that make every element of an output count differently. */
function weightsLike(output: Tensor, seed: number): Tensor {
  const weights = numbers(output.shape, seed + 77);
  return output.dtype === 'float64' ? weights.cast('float64') : weights;
}

/** The results of a formula alone. */
export function program(name: string, inputs: readonly Tensor[], formula: Formula): Program {
  return {
    name,
    float64: inputs.some(({ dtype }) => dtype === 'float64'),
    async run() {
      const compiled = compile((points: readonly Tensor[]) => leavesOf(formula(...points)));
      try {
        return await compiled(await evaluate(inputs));
      } finally {
        await compiled.release();
      }
    },
  };
}

/** What is left of a state after some steps of a function that takes it over, with the last step's result. */
export function training<State>(
  name: string,
  start: () => State,
  step: (state: State, index: Tensor) => readonly [state: State, loss: Tensor],
  steps: number,
): Program {
  return {
    name,
    float64: false,
    async run() {
      const compiled = compile(step, { donate: [0] });
      try {
        let state = start();
        const losses: Tensor[] = [];
        for (let i = 0; i < steps; i++) {
          const [next, loss] = await compiled(state, tensor(i, 'int32'));
          state = next;
          losses.push(loss);
        }
        return [...losses, ...leavesOf(state)];
      } finally {
        await compiled.release();
      }
    },
  };
}
