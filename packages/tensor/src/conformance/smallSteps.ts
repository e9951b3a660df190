import { mapTree } from '../graph/tree.js';
import { compile, evaluate, matMul, relu, type Tensor, valueAndGrad } from '../index.js';
import { numbers } from './program.js';

/**
 * Takes small training steps as a training loop takes them: the state is donated, and the loss is read. A matrix has
 * 16 kB, and there are four of them: memory that is lost in each step soon shows.
 * @returns the last loss
 */
export async function takeSmallSteps(steps: number): Promise<number> {
  const x = numbers([4, 64]);
  const weights = [1, 2].map((seed) => numbers([64, 64], seed).mul(0.1));
  let state = await evaluate({ weights, velocity: weights.map((w) => w.mul(0)) });
  const loss = ([first, second]: readonly Tensor[]): Tensor =>
    matMul(relu(matMul(x, first!)), second!)
      .sub(x)
      .square()
      .mean();
  const update = compile(
    ({ weights, velocity }: typeof state) => {
      const [value, gradients] = valueAndGrad(loss)(weights);
      const moved = mapTree((v, gradient) => v.mul(0.9).add(gradient), velocity, gradients);
      return {
        state: { weights: mapTree((w, v) => w.sub(v.mul(0.01)), weights, moved), velocity: moved },
        value,
      };
    },
    { donate: [0] },
  );
  let last = Number.NaN;
  for (let step = 0; step < steps; step++) {
    const next = await update(state);
    state = next.state;
    last = await next.value.item();
  }
  await update.release();
  return last;
}
