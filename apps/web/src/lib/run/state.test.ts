import { describe, expect, it } from 'vitest';
import type { RunRequest } from './messages.js';
import {
  type Action,
  expectedSeconds,
  fractionDone,
  idle,
  isBusy,
  type PanelState,
  reduce,
} from './state.js';
import { runWith } from './testing/synthetic.js';

const request: RunRequest = { slug: 'synthetic', arms: ['plain', 'better'], seed: 4, budget: 'full' };
const progress = (arm: string, step: number, score: number): Action => ({
  type: 'progress',
  arm,
  seed: 4,
  step,
  steps: 100,
  metrics: { score },
  seconds: 0,
});
/** The state after actions that follow one another by a second. */
const after = (...actions: Action[]): PanelState =>
  actions.reduce((state, action, i) => reduce(state, action, 1000 * i), idle);
const started: Action[] = [
  { type: 'start', request },
  { type: 'loading', received: 5, total: 10 },
  { type: 'ready', threads: 2 },
];

describe('the state of the Run panel', () => {
  it('goes from idle through loading to training', () => {
    const phases = started.map((_, i) => after(...started.slice(0, i + 1)).phase);
    expect([idle.phase, ...phases]).toEqual(['idle', 'loading', 'loading', 'training']);
    expect(after(...started)).toMatchObject({ threads: 2, startedAt: 0, trainingAt: 2000 });
  });

  it('shows the latest exhibit of each title, and in the end those of the run', () => {
    const words = (text: string) => ({ kind: 'text', title: 'words', text }) as const;
    const showing = (text: string) => ({ ...progress('better', 1, 0), exhibits: [words(text)] }) as Action;
    const exhibitsOf = (state: PanelState) => state.arms.map(({ exhibits }) => exhibits);
    const shown = [...started, showing('early'), showing('later'), progress('better', 2, 0)];
    expect(exhibitsOf(after(...shown))).toEqual([[], [words('later')]]);
    expect(exhibitsOf(after(...shown, { type: 'stopped' }))).toEqual([[], [words('later')]]);
    const run = { ...runWith('better', 4, 1), exhibits: [words('last')] };
    expect(exhibitsOf(after(...shown, { type: 'finished', run }))).toEqual([[], [words('last')]]);
  });

  it('collects the points of each arm', () => {
    const { arms } = after(
      ...started,
      progress('plain', 1, 0.1),
      progress('better', 1, 0.2),
      progress('plain', 2, 0.3),
    );
    expect(arms.map(({ name, step, points }) => [name, step, points.length])).toEqual([
      ['plain', 2, 2],
      ['better', 1, 1],
    ]);
  });

  it('never keeps more than 400 points of an arm, the last one always', () => {
    const steps = Array.from({ length: 1000 }, (_, i) => progress('plain', i + 1, 0));
    const points = after(...started, ...steps).arms[0]!.points;
    expect(points.length).toBeLessThanOrEqual(400);
    expect(points.at(-1)?.step).toBe(1000);
  });

  it('shows the whole recorded curve of an arm once it has ended', () => {
    const run = runWith('plain', 4, 0.2);
    const [arm] = after(...started, progress('plain', 60, 0.1), { type: 'finished', run }).arms;
    expect(arm).toMatchObject({ run, step: 100, points: run.curve });
  });

  it('measures what is done over all arms', () => {
    const half = after(...started, progress('plain', 100, 0), progress('better', 50, 0));
    expect(fractionDone(half)).toBe(0.75);
    expect(fractionDone(idle)).toBe(0);
  });

  it('expects what the experiment says until a tenth is done, then what the pace says', () => {
    const early = after(...started, progress('plain', 10, 0));
    expect(expectedSeconds(early, 20, 4000)).toBe(20);
    const later = after(...started, progress('plain', 50, 0), progress('better', 50, 0));
    expect(expectedSeconds(later, 20, 12_000)).toBe(20);
    expect(expectedSeconds(later, 20, 7000)).toBe(10);
  });

  it('stays busy while it is stopping, and keeps the curves once it has stopped', () => {
    const stopping = after(...started, progress('plain', 10, 0), { type: 'stopping' });
    expect(isBusy(stopping)).toBe(true);
    const stopped = reduce(stopping, { type: 'stopped' }, 9000);
    expect(isBusy(stopped)).toBe(false);
    expect(stopped).toMatchObject({ phase: 'stopped', endedAt: 9000 });
    expect(stopped.arms[0]!.points).toHaveLength(1);
  });

  it('goes on stopping when the runtime arrives late', () => {
    expect(after({ type: 'start', request }, { type: 'stopping' }, { type: 'ready', threads: 1 }).phase).toBe(
      'stopping',
    );
  });

  it('keeps the failure, and forgets it with the next run', () => {
    const failed = after(...started, { type: 'failed', failure: { kind: 'memory', message: 'out' } });
    expect(failed).toMatchObject({ phase: 'failed', failure: { kind: 'memory' } });
    expect(reduce(failed, { type: 'start', request }, 0).failure).toBeUndefined();
  });
});
