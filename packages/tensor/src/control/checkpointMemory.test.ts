import { expect, it } from 'vitest';
import {
  checkpoint,
  compile,
  evaluate,
  grad,
  matMul,
  normal,
  randomKey,
  sum,
  type Tensor,
  tanh,
} from '../index.js';

type Block = (h: Tensor, weight: Tensor) => Tensor;

const [blocks, layersPerBlock] = [8, 4];
const [rows, width] = [8192, 128];
/** Megabytes that a layer keeps for its derivative. */
const activation = (rows * width * 4) / 2 ** 20;

it('keeps the values of one block at a time', async () => {
  const x = normal(randomKey(1), [rows, width]);
  const weights = normal(randomKey(2), [width, width]).mul(width ** -0.5);
  await evaluate([x, weights]);
  const layers: Block = (h, weight) => {
    let value = h;
    for (let i = 0; i < layersPerBlock; i++) value = tanh(matMul(value, weight));
    return value;
  };
  const slopesWith = (block: Block) =>
    compile(
      grad((weight: Tensor) => {
        let value = x;
        for (let i = 0; i < blocks; i++) value = block(value, weight);
        return sum(value);
      }),
    );
  /** The most memory of a run beyond what there was before it, in megabytes. */
  const measured = async (block: Block) => {
    const before = process.memoryUsage.rss();
    const slopes = slopesWith(block);
    const data = Array.from(await (await slopes(weights)).data(), Number);
    const highest = process.resourceUsage().maxRSS / 2 ** 10 - before / 2 ** 20;
    await slopes.release();
    return [data, highest] as const;
  };
  // The mark of the most memory never falls: the frugal run has to come first.
  const [again, frugal] = await measured(checkpoint(layers));
  const [kept, plain] = await measured(layers);
  console.info(`memory: ${frugal.toFixed(0)} MB with checkpoints, ${plain.toFixed(0)} MB without`);
  // Every layer's value is kept, but no cotangent beyond its use.
  expect(plain).toBeGreaterThan(0.75 * blocks * layersPerBlock * activation);
  expect(plain).toBeLessThan(1.5 * blocks * layersPerBlock * activation);
  expect(frugal).toBeLessThan(0.65 * plain);
  const size = Math.max(...kept.map(Math.abs));
  again.forEach((value, i) => {
    expect(Math.abs(value - kept[i]!)).toBeLessThan(1e-5 * size);
  });
}, 60_000);
