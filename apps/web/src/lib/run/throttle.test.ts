import type { Metrics, RunEvent } from '@evenkeel/lab';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runWith } from './testing/synthetic.js';
import { throttleProgress } from './throttle.js';

const progress = (arm: string, step: number, metrics: Metrics = {}): RunEvent => ({
  type: 'progress',
  arm,
  seed: 0,
  step,
  steps: 1000,
  metrics,
  seconds: 0,
});
const steps = (events: readonly RunEvent[], arm: string): number[] =>
  events.flatMap((event) => (event.type === 'progress' && event.arm === arm ? [event.step] : []));

describe('throttleProgress', () => {
  it('passes one event of each arm in 100 ms', () => {
    const passed: RunEvent[] = [];
    let time = 0;
    const throttle = throttleProgress(
      (event) => passed.push(event),
      100,
      () => time,
    );
    for (let step = 1; step <= 100; step++) {
      throttle.push(progress('a', step));
      throttle.push(progress('b', step));
      time += 10;
    }
    expect(steps(passed, 'a')).toEqual([1, 11, 21, 31, 41, 51, 61, 71, 81, 91]);
    expect(steps(passed, 'b')).toEqual(steps(passed, 'a'));
  });

  it('passes every event that measures what the next one does not', () => {
    const passed: RunEvent[] = [];
    const throttle = throttleProgress(
      (event) => passed.push(event),
      100,
      () => 0,
    );
    for (let step = 1; step <= 30; step++) {
      throttle.push(progress('a', step, step % 10 === 0 ? { loss: 1, accuracy: 1 } : { loss: 1 }));
    }
    throttle.flush();
    expect(steps(passed, 'a')).toEqual([1, 10, 20, 30]);
  });

  it('passes every event that shows what the next one does not', () => {
    const passed: RunEvent[] = [];
    const throttle = throttleProgress(
      (event) => passed.push(event),
      100,
      () => 0,
    );
    for (let step = 1; step <= 30; step++) {
      const exhibits = [{ kind: 'text', title: 'words', text: `${step}` }] as const;
      throttle.push({ ...progress('a', step), ...(step % 10 === 0 && { exhibits }) } as RunEvent);
    }
    throttle.flush();
    expect(steps(passed, 'a')).toEqual([1, 10, 20, 30]);
  });

  it('passes the last progress of an arm before its end', () => {
    const passed: RunEvent[] = [];
    const throttle = throttleProgress(
      (event) => passed.push(event),
      100,
      () => 0,
    );
    for (const step of [1, 2, 3]) throttle.push(progress('a', step));
    throttle.push({ type: 'finished', run: runWith('a', 0, 1) });
    expect(steps(passed, 'a')).toEqual([1, 3]);
    expect(passed.at(-1)?.type).toBe('finished');
  });

  it('passes the last progress of every arm when it is flushed, and in order', () => {
    const events = fc.array(fc.record({ arm: fc.constantFrom('a', 'b'), wait: fc.nat(150) }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(events, (pushed) => {
        const passed: RunEvent[] = [];
        let time = 0;
        const throttle = throttleProgress(
          (event) => passed.push(event),
          100,
          () => time,
        );
        pushed.forEach(({ arm, wait }, i) => {
          time += wait;
          throttle.push(progress(arm, i + 1));
        });
        throttle.flush();
        for (const arm of ['a', 'b']) {
          const last = pushed.findLastIndex((event) => event.arm === arm) + 1;
          const seen = steps(passed, arm);
          expect(seen.at(-1) ?? 0).toBe(last);
          expect(seen).toEqual([...new Set(seen)].sort((x, y) => x - y));
        }
      }),
    );
  });
});
