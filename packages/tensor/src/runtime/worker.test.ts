import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { isHere } from '../graph/tensor.js';
import { leavesOf, mapTree } from '../graph/tree.js';
import {
  compile,
  evaluate,
  matMul,
  mul,
  normal,
  ones,
  randomKey,
  relu,
  type Tensor,
  take,
  tensor,
  useRuntime,
  valueAndGrad,
} from '../index.js';
import { workerRuntime } from './worker.js';

interface State {
  readonly layers: readonly Tensor[];
}

const loss = ({ layers }: State, x: Tensor, target: Tensor): Tensor =>
  matMul(relu(matMul(x, layers[0]!)), layers[1]!)
    .sub(target)
    .square()
    .mean();

const step = (state: State, x: Tensor, target: Tensor) => {
  const [value, gradients] = valueAndGrad(loss)(state, x, target);
  return { state: mapTree((w, gradient) => w.sub(gradient.mul(1e-4)), state, gradients), value };
};

async function trained(width: number, steps: number) {
  const [x, target] = [normal(randomKey(1), [64, width]), normal(randomKey(2), [64, 1])];
  let state: State = {
    layers: [normal(randomKey(3), [width, width]).mul(0.05), normal(randomKey(4), [width, 1])],
  };
  await evaluate([state, x, target]);
  const update = compile(step, { donate: [0] });
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const next = await update(state, x, target);
    state = next.state;
    losses.push(await next.value.item());
  }
  await update.release();
  return { losses, state };
}

describe('the worker runtime', () => {
  afterEach(() => useRuntime('cpu'));

  it('trains to the same bits, with the parameters in the thread until they are read', async () => {
    const inProcess = await trained(32, 20);
    await useRuntime('worker');
    const inThread = await trained(32, 20);
    expect(inThread.losses).toEqual(inProcess.losses);
    const [here, there] = [leavesOf(inProcess.state), leavesOf(inThread.state)];
    for (const [i, tensor] of there.entries()) {
      expect(tensor.value).toBeUndefined();
      expect(await tensor.data()).toEqual(await here[i]!.data());
      expect(tensor.value).toBeDefined();
    }
  });

  it('leaves this thread free while it computes', async () => {
    const powers = compile((x: Tensor) => {
      let power = x;
      for (let i = 0; i < 60; i++) power = matMul(power, x);
      return power;
    });
    const x = mul(normal(randomKey(1), [768, 768]), 0.03);
    const ticksDuringOneCall = async () => {
      await powers(x);
      let ticks = 0;
      const timer = setInterval(() => ticks++, 1);
      const power = await powers(x);
      clearInterval(timer);
      expect((await power.data()).every(Number.isFinite)).toBe(true);
      return ticks;
    };
    const blocked = await ticksDuringOneCall();
    await useRuntime('worker');
    const free = await ticksDuringOneCall();
    // In this thread a call runs as a whole, before any timer's turn but perhaps the first or last.
    expect(blocked).toBeLessThanOrEqual(3);
    expect(free).toBeGreaterThan(10);
  });

  it('takes tensors from elsewhere, and its own go elsewhere', async () => {
    const double = compile((x: Tensor) => x.add(x));
    const x = await double(tensor([1, 2]));
    await useRuntime('worker');
    const y = await double(x);
    expect(isHere(y.stored('test')!)).toBe(false);
    await useRuntime('cpu');
    const z = await double(y);
    expect(await z.toArray()).toEqual([8, 16]);
    expect(double.traceCount).toBe(2);
  });

  it('reads a tensor that a run takes over at the same time', async () => {
    await useRuntime('worker');
    const shifted = compile((x: Tensor) => x.add(1), { donate: [0] });
    const x = await shifted(ones([4]));
    const [before, after] = await Promise.all([x.toArray(), x.data(), shifted(x)]).then(([a, , y]) => [a, y]);
    expect(before).toEqual([2, 2, 2, 2]);
    expect(await (after as Tensor).toArray()).toEqual([3, 3, 3, 3]);
    await expect(x.data()).rejects.toThrow('was donated to a compiled function');
  });

  it('computes with the same tensors again and again', async () => {
    await useRuntime('worker');
    const [x, offset] = [tensor([1, 2]), tensor([10, 20])];
    const shifted = compile((given: Tensor) => given.add(offset));
    for (let call = 0; call < 4; call++) expect(await (await shifted(x)).toArray()).toEqual([11, 22]);
    expect(await x.toArray()).toEqual([1, 2]);
  });

  it('names the operation that went wrong in the thread', async () => {
    await useRuntime('worker');
    await expect(take(tensor([1, 2]), tensor([2], 'int32')).data()).rejects.toThrow(
      'take: index 2 is outside [-2, 1]',
    );
  });

  it('says that the thread has ended, and starts another when asked', async () => {
    const worker = new Worker(createRequire(import.meta.url).resolve('#workerThread'));
    const runtime = await workerRuntime({}, worker);
    expect(runtime.ended).toBe(false);
    const bytes = new Uint8Array(0);
    const pending = runtime.load({ bytes, inputs: [], outputs: [], optimization: 'all' });
    pending.catch(() => undefined);
    await worker.terminate();
    const message = 'worker: the thread has ended (exit code 1), and with it every tensor in it';
    await expect(pending).rejects.toThrow(message);
    await expect(runtime.load({ bytes, inputs: [], outputs: [], optimization: 'all' })).rejects.toThrow(
      message,
    );
    expect(runtime.ended).toBe(true);
  });

  it('lets the process end, and keeps it while something is computed', () => {
    const entry = new URL('../../dist/index.js', import.meta.url);
    const script = `import { tensor, useRuntime } from '${entry}';
      await useRuntime('worker');
      console.log(await tensor([1, 2]).add(1).toArray());`;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(stdout).toBe('[ 2, 3 ]\n');
    expect(status).toBe(0);
  });
});
