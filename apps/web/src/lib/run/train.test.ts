import { describe, expect, it } from 'vitest';
import type { FromWorker, RunRequest } from './messages.js';
import { syntheticExperiment } from './testing/synthetic.js';
import { train } from './train.js';

const request: RunRequest = { slug: 'synthetic', arms: ['plain', 'better'], seed: 1, budget: 'full' };

describe('train', () => {
  it('posts thinned progress of both arms, their ends and the runs', async () => {
    const posted: FromWorker[] = [];
    await train(
      syntheticExperiment(1000),
      request,
      (message) => posted.push(message),
      new AbortController().signal,
    );
    const types = posted.map(({ type }) => type);
    expect(types.filter((type) => type === 'started')).toHaveLength(2);
    expect(types.filter((type) => type === 'progress').length).toBeLessThan(200);
    expect(posted).toContainEqual(expect.objectContaining({ type: 'progress', arm: 'better', step: 1000 }));
    const last = posted.at(-1);
    expect(last?.type === 'done' && last.runs.map(({ arm, seed }) => [arm, seed])).toEqual([
      ['plain', 1],
      ['better', 1],
    ]);
  });

  it('lets a Stop in while arms train without ever waiting for anything', async () => {
    const posted: FromWorker[] = [];
    const stopping = new AbortController();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => stopping.abort();
    port2.postMessage('stop');
    await train(syntheticExperiment(10_000_000), request, (message) => posted.push(message), stopping.signal);
    port1.close();
    expect(posted.at(-1)).toEqual({ type: 'stopped' });
    expect(posted).toContainEqual(expect.objectContaining({ type: 'progress' }));
  });

  it('throws what an arm throws', async () => {
    const broken = syntheticExperiment();
    const arms = broken.arms.map((arm) => ({
      ...arm,
      // biome-ignore lint/correctness/useYield: an arm that fails at once
      async *run() {
        throw new Error('no such data');
      },
    }));
    const running = train({ ...broken, arms }, request, () => undefined, new AbortController().signal);
    await expect(running).rejects.toThrow('no such data');
  });
});
