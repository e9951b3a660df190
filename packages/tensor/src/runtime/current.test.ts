import { afterEach, describe, expect, it } from 'vitest';
import { availableRuntimes, compile, ones, type RuntimeName, type Tensor, useRuntime } from '../index.js';

describe('runtimes', () => {
  afterEach(() => useRuntime('cpu'));

  it('are listed with the reason for each that is missing', async () => {
    const listed = await availableRuntimes();
    expect(listed.map(({ name }) => name)).toEqual(['cpu', 'worker', 'wasm', 'webgpu']);
    const [cpu, worker, wasm, webgpu] = listed.map(({ missing }) => missing);
    expect([cpu, worker]).toEqual([undefined, undefined]);
    expect(wasm).toBe('wasm: WebAssembly is for browsers; in Node use cpu or worker');
    expect(webgpu ?? 'webgpu: no adapter: made up').toMatch(/^webgpu: no adapter: \S/);
  });

  it('that are missing are refused with that reason, and the one in use stays', async () => {
    await expect(useRuntime('wasm')).rejects.toThrow('wasm: WebAssembly is for browsers');
    expect(await ones([2]).sum().item()).toBe(2);
  });

  it('refuse names and options that make no sense', async () => {
    await expect(useRuntime('gpu' as RuntimeName)).rejects.toThrow(
      'useRuntime: expected one of cpu, worker, wasm, webgpu, got gpu',
    );
    await expect(useRuntime('cpu', { threads: 0 })).rejects.toThrow(
      'useRuntime: threads must be a positive integer, got 0',
    );
  });

  it('keep what they have loaded', async () => {
    const doubled = compile((x: Tensor) => x.add(x));
    const runIn = async (name: RuntimeName, threads?: number): Promise<number> => {
      await useRuntime(name, threads === undefined ? {} : { threads });
      await doubled(ones([1]));
      return doubled.traceCount;
    };
    await doubled(ones([1]));
    expect(await runIn('cpu')).toBe(1);
    expect(await runIn('cpu', 1)).toBe(2);
    expect(await runIn('worker')).toBe(3);
    expect(await runIn('cpu')).toBe(3);
    expect(await runIn('worker')).toBe(3);
  });
});
