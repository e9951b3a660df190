import type { Arm, Experiment, Metrics, Progress } from '../experiment.js';
import type { Run, RunEvent } from '../results.js';
import { type RunOptions, runExperiment } from '../runExperiment.js';

/** An arm that climbs in even steps to `top` plus a hundredth of the seed plus the data. */
export function climbing(name: string, role: Arm['role'], top: number, steps = 5): Arm<number> {
  return {
    name,
    label: name.toUpperCase(),
    role,
    description: `climbs to ${top}`,
    live: true,
    async *run({ data, seed }): AsyncGenerator<Progress, Metrics, void> {
      const end = top + seed / 100 + data;
      for (let step = 1; step <= steps; step++)
        yield { step, steps, metrics: { score: (end * step) / steps } };
      return { score: end };
    },
  };
}

/** A baseline that climbs to 0.2 and a method that climbs to 0.9, with a claim that shows and one not tested. */
export function example(changes: Partial<Experiment<number>> = {}): Experiment<number> {
  return {
    paper: 'example',
    question: 'Which one climbs higher?',
    data: { description: 'nothing', load: () => 0 },
    arms: [climbing('baseline', 'baseline', 0.2), climbing('method', 'method', 0.9)],
    seeds: [0, 1, 2],
    metrics: [{ name: 'score', label: 'score', unit: 'fraction', better: 'higher' }],
    claims: [
      {
        statement: 'The method climbs higher.',
        conditions: [
          { metric: 'score', arm: 'method', over: 'mean', atLeast: 0.8 },
          { metric: 'score', arm: 'method', minus: 'baseline', over: 'every-seed', atLeast: 0.5 },
        ],
      },
      { statement: 'It climbs faster.', notTested: 'Time is not looked at.' },
    ],
    curves: ['score'],
    liveSeconds: 1,
    ...changes,
  };
}

/** Runs to the end; the events on the way and the runs. */
export async function collect<Data>(
  experiment: Experiment<Data>,
  options?: RunOptions,
): Promise<{ events: RunEvent[]; runs: readonly Run[] }> {
  const events: RunEvent[] = [];
  const running = runExperiment(experiment, options);
  for (;;) {
    const next = await running.next();
    if (next.done) return { events, runs: next.value };
    events.push(next.value);
  }
}
