import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FromWorker, RunRequest, ToWorker } from './messages.js';
import { startSession } from './session.js';

const request: RunRequest = { slug: 'synthetic', arms: ['plain'], seed: 0, budget: 'full' };

/** A worker that does nothing by itself. */
class SilentWorker {
  onmessage: ((event: { data: FromWorker }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  onmessageerror: (() => void) | null = null;
  readonly received: ToWorker[] = [];
  terminated = false;
  postMessage = (message: ToWorker): number => this.received.push(message);
  terminate(): void {
    this.terminated = true;
  }
  says(data: FromWorker): void {
    this.onmessage?.({ data });
  }
}

function start() {
  const worker = new SilentWorker();
  const told: FromWorker[] = [];
  const session = startSession(
    request,
    (message) => told.push(message),
    () => worker as unknown as Worker,
  );
  return { worker, told, session };
}

describe('startSession', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('hands the request to the worker and ends it when the run is done', () => {
    const { worker, told } = start();
    expect(worker.received).toEqual([{ type: 'run', request }]);
    worker.says({ type: 'ready', threads: 1 });
    worker.says({ type: 'done', runs: [] });
    expect(told.map(({ type }) => type)).toEqual(['ready', 'done']);
    expect(worker.terminated).toBe(true);
  });

  it('notices a worker that never answers', () => {
    const { worker, told } = start();
    vi.advanceTimersByTime(20_000);
    expect(told).toEqual([
      { type: 'failed', failure: { kind: 'worker', message: 'no answer from the worker in 20 s' } },
    ]);
    expect(worker.terminated).toBe(true);
  });

  it('waits as long as it takes once the worker has answered', () => {
    const { worker, told } = start();
    worker.says({ type: 'loading', received: 0, total: 1 });
    vi.advanceTimersByTime(600_000);
    expect(told).toHaveLength(1);
  });

  it('asks the worker to stop and takes its answer', () => {
    const { worker, told, session } = start();
    worker.says({ type: 'ready', threads: 1 });
    session.stop();
    session.stop();
    expect(worker.received.filter(({ type }) => type === 'stop')).toHaveLength(1);
    worker.says({ type: 'stopped' });
    vi.advanceTimersByTime(10_000);
    expect(told.map(({ type }) => type)).toEqual(['ready', 'stopped']);
  });

  it('ends a worker that does not stop within two seconds, even when it goes on talking', () => {
    const { worker, told, session } = start();
    session.stop();
    vi.advanceTimersByTime(1_000);
    worker.says({ type: 'ready', threads: 1 });
    vi.advanceTimersByTime(1_000);
    expect(told.at(-1)).toEqual({ type: 'stopped' });
    expect(worker.terminated).toBe(true);
  });

  it('tells a script that does not load from training that breaks', () => {
    const early = start();
    early.worker.onerror?.({ message: '' });
    const late = start();
    late.worker.says({ type: 'ready', threads: 1 });
    late.worker.onerror?.({ message: 'Uncaught RangeError' });
    const kinds = [early, late].map(({ told }) => {
      const last = told.at(-1);
      return last?.type === 'failed' && last.failure.kind;
    });
    expect(kinds).toEqual(['worker', 'training']);
  });

  it('tells nothing more after it was ended', () => {
    const { worker, told, session } = start();
    session.end();
    worker.says({ type: 'ready', threads: 1 });
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([]);
    expect(worker.terminated).toBe(true);
  });
});
