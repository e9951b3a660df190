import { compile, evaluate, normal, randomKey, type Tensor, tensor } from '@evenkeel/tensor';
import type { Options } from '../options.js';
import { median } from '../statistics.js';
import { formatTable } from '../table.js';

/** What a call may take, in microseconds. */
const goal = 60;

/** How long a call of a compiled function takes when there is next to nothing to compute. */
export async function tiny(options: Options): Promise<{ results: Record<string, number>; failed: boolean }> {
  process.env.EVENKEEL_THREADS = String(options.threads);
  const calls = options.quick ? 2000 : 20_000;
  const x = tensor([1, 2]);
  const doubled = compile((at: Tensor) => at.mul(2));
  const model = await evaluate({
    layers: [0, 1].map((i) => ({ weight: normal(randomKey(i), [2, 2]), bias: tensor([i, i]) })),
  });
  const applied = compile((from: typeof model, to: Tensor) => ({
    outputs: from.layers.reduce((at, { weight, bias }) => at.matMul(weight).add(bias), to),
    name: 'linear',
  }));
  const inputs = tensor([[1, 2]]);
  const results = {
    'one tensor to one': await microseconds(calls, () => doubled(x)),
    'a tree of 5 tensors to a tree': await microseconds(calls, () => applied(model, inputs)),
  };
  await Promise.all([doubled.release(), applied.release()]);
  process.stdout.write(
    `\n${formatTable([['  µs a call', 'median'], ...Object.entries(results).map(([name, time]) => [`  ${name}`, time.toFixed(1)])])}\n`,
  );
  const failed = Object.values(results).some((time) => time > goal);
  if (failed) process.stdout.write(`a call takes more than ${goal} µs\n`);
  return { results, failed };
}

/** Median over groups of calls. */
async function microseconds(calls: number, call: () => Promise<unknown>): Promise<number> {
  const size = 100;
  for (let i = 0; i < calls / 4; i++) await call();
  const times: number[] = [];
  for (let group = 0; group < calls / size; group++) {
    const start = performance.now();
    for (let i = 0; i < size; i++) await call();
    times.push((1000 * (performance.now() - start)) / size);
  }
  return median(times);
}
