import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RuntimeName, useRuntime } from '../index.js';
import { skipWithoutChromium, startBrowser, type TestBrowser } from './chromium.js';
import { takeSmallSteps } from './smallSteps.js';

const megabyte = 2 ** 20;
/** Bytes. */
const matrix = 64 * 64 * 4;

/** What a leak of one matrix of 16 kB a step would add, in MB; collectors may be late by less than half of it. */
const leakOf = (steps: number): number => (steps * matrix) / megabyte;

describe('10,000 steps in Node', () => {
  afterAll(() => useRuntime('cpu'));

  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const residentMegabytes = (): number => {
    collectGarbage();
    return process.memoryUsage().rss / megabyte;
  };

  it.each<RuntimeName>(['cpu', 'worker'])(
    'keep memory as it is: %s',
    async (name) => {
      await useRuntime(name);
      await takeSmallSteps(1000);
      const before = residentMegabytes();
      await takeSmallSteps(10_000);
      const growth = residentMegabytes() - before;
      console.info(`memory: ${name} grew by ${growth.toFixed(1)} MB in 10,000 steps`);
      expect(growth).toBeLessThan(leakOf(10_000) / 2);
    },
    60_000,
  );
});

describe.skipIf(skipWithoutChromium() || process.platform !== 'linux')('steps in Chromium', () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await startBrowser();
  }, 120_000);

  afterAll(() => browser?.close());

  it('keep memory as it is: wasm, 10,000 steps', async () => {
    await browser.withPage(async (page) => {
      const session = await page.context().newCDPSession(page);
      const megabytes = async () => {
        await session.send('HeapProfiler.collectGarbage');
        return residentMegabytesOfChildren();
      };
      await page.evaluate('takeSmallSteps(1000)');
      const before = await megabytes();
      await page.evaluate('takeSmallSteps(10_000)');
      const growth = (await megabytes()) - before;
      console.info(`memory: wasm of Chromium grew by ${growth.toFixed(1)} MB in 10,000 steps`);
      expect(growth).toBeLessThan(leakOf(10_000) / 2);
    });
  }, 60_000);

  // Emulated, a step takes many milliseconds; but buffers can be counted, so that few steps tell as much.
  it('keep buffers as they are: webgpu, 300 steps', async () => {
    await browser.withPage(async (page) => {
      await page.evaluate(countBuffers);
      await page.evaluate(`useRuntime('webgpu').then(() => takeSmallSteps(100))`);
      const before = (await page.evaluate('gpuBytes')) as number;
      await page.evaluate('takeSmallSteps(300)');
      const after = (await page.evaluate('gpuBytes')) as number;
      expect(before).toBeGreaterThan(4 * matrix);
      expect(after - before).toBeLessThan(10 * matrix);
    });
  }, 60_000);
});

/** Keeps the bytes of all GPU buffers that exist in `gpuBytes` of the page. */
const countBuffers = `
  globalThis.gpuBytes = 0;
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    gpuBytes += descriptor.size;
    return createBuffer.call(this, descriptor);
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    gpuBytes -= this.size;
    return destroy.call(this);
  };`;

/** Memory of all processes that descend from this one: the browser's pages, and its GPU process. */
function residentMegabytesOfChildren(): number {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        const status = readFileSync(`/proc/${id}/status`, 'utf8');
        const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
        return { id: Number(id), parent: field('PPid'), kilobytes: field('VmRSS') };
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
  const below = (parent: number): number =>
    processes
      .filter((each) => each.parent === parent)
      .reduce((total, { id, kilobytes }) => total + kilobytes + below(id), 0);
  return below(process.pid) / 1024;
}
