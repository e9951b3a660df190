import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RuntimeName } from '../index.js';
import { skipWithoutChromium, startBrowser, type TestBrowser } from './chromium.js';
import { complaints } from './compare.js';
import { type Outcome, runPrograms } from './results.js';

describe.skipIf(skipWithoutChromium())('in Chromium', () => {
  let reference: Record<string, Outcome>;
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await startBrowser();
    reference = await runPrograms();
  }, 120_000);

  afterAll(() => browser?.close());

  const complaintsIn = (runtime: RuntimeName, threads?: number): Promise<string[]> =>
    browser.withPage(async (page) => {
      const outcomes = await page.evaluate(`outcomesIn('${runtime}', ${threads})`);
      console.info(`conformance: ran in ${runtime} of Chromium${threads ? ` with threads: ${threads}` : ''}`);
      return complaints(outcomes as Record<string, Outcome>, reference, runtime);
    });

  it.each([1, 2])(
    'agrees in WebAssembly with threads: %i',
    async (threads) => {
      expect(await complaintsIn('wasm', threads)).toEqual([]);
    },
    120_000,
  );

  it('agrees on a GPU', async () => {
    expect(await complaintsIn('webgpu')).toEqual([]);
  }, 180_000);

  it('says what can be had, and refuses what cannot', async () => {
    await browser.withPage(async (page) => {
      const node = 'is for Node; in browsers use wasm or webgpu';
      expect(await page.evaluate('availableRuntimes()')).toEqual([
        { name: 'cpu', missing: `cpu: ${node}` },
        { name: 'worker', missing: `worker: ${node}` },
        { name: 'wasm', missing: undefined },
        { name: 'webgpu', missing: undefined },
      ]);
      await page.evaluate(`useRuntime('wasm', { threads: 1 })`);
      await expect(page.evaluate(`useRuntime('wasm', { threads: 2 })`)).rejects.toThrow(
        'wasm: runs with threads: 1 already, which cannot change to 2 in this page',
      );
      // One queue for all: ONNX Runtime refuses overlapping runs.
      const both = `Promise.all([takeSmallSteps(20), useRuntime('wasm').then(() => takeSmallSteps(20))])`;
      const [first, second] = (await page.evaluate(both)) as number[];
      expect(first).toBe(second);
    });
  });
});
