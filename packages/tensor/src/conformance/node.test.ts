import { spawnSync } from 'node:child_process';
import { beforeAll, expect, it } from 'vitest';
import { useRuntime } from '../index.js';
import { emulatedGpu } from './chromium.js';
import { complaints } from './compare.js';
import { programs } from './programs.js';
import { elementsOf, type Outcome, runPrograms } from './results.js';

let reference: Record<string, Outcome>;

beforeAll(async () => {
  reference = await runPrograms();
});

it('has a reference that is worth comparing with: nothing fails, is all zeros, or is not finite', () => {
  const names = programs.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const dull = Object.entries(reference).flatMap(([name, outcome]) =>
    'error' in outcome
      ? `${name}: ${outcome.error}`
      : outcome.flatMap((result, i) => {
          const elements = Array.from(elementsOf(result), Number);
          const telling = elements.some((each) => each !== 0) && elements.every(Number.isFinite);
          return telling ? [] : `${name}: result ${i}: ${elements}`;
        }),
  );
  expect(dull).toEqual([]);
});

it('computes in the worker what it computes here, bit for bit', async () => {
  await useRuntime('worker');
  expect(await runPrograms()).toEqual(reference);
  console.info('conformance: ran in worker');
  await useRuntime('cpu');
}, 60_000);

it('agrees on one thread', async () => {
  await useRuntime('cpu', { threads: 1 });
  expect(complaints(await runPrograms(), reference, 'cpu')).toEqual([]);
  await useRuntime('cpu');
  console.info('conformance: ran in cpu with one thread');
}, 60_000);

/** Runs the programs on a GPU in a process of its own, since drivers are found only when a process starts. */
function outcomesOnGpu(environment: Record<string, string>): Record<string, Outcome> | { message: string } {
  const built = new URL('../../dist/', import.meta.url);
  const script = `
    import { useRuntime } from '${built}index.js';
    import { runPrograms } from '${built}conformance/results.js';
    try {
      await useRuntime('webgpu');
      console.log(JSON.stringify(await runPrograms()));
    } catch ({ message }) {
      console.log(JSON.stringify({ message }));
    }`;
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { encoding: 'utf8', env: { ...process.env, ...environment }, maxBuffer: 2 ** 28 },
  );
  if (status !== 0) throw new Error(`webgpu: ended with ${status ?? signal}: ${stderr}`);
  return JSON.parse(stdout);
}

it('agrees on a GPU, the machine’s own or the one that Chromium emulates', (context) => {
  const emulated = emulatedGpu();
  let outcomes = outcomesOnGpu({});
  if ('message' in outcomes && emulated) outcomes = outcomesOnGpu(emulated);
  if ('message' in outcomes) {
    console.warn(`conformance: skipped ${outcomes.message}`);
    context.skip();
    return;
  }
  expect(complaints(outcomes, reference, 'webgpu')).toEqual([]);
  console.info('conformance: ran in webgpu of Node');
}, 120_000);
