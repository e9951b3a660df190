import { type Arm, buildResults, defineExperiment, type Results, type Role, type Run } from '@evenkeel/lab';

/** An arm that closes a tenth of the gap to `goal` in each of `steps` steps, with the seed as its noise. */
function arm(name: string, role: Role, goal: number, steps: number): Arm {
  return {
    name,
    label: name.toUpperCase(),
    role,
    description: `Goes to ${goal}.`,
    live: role !== 'ablation',
    async *run({ seed }) {
      let score = 0;
      for (let step = 1; step <= steps; step++) {
        score += (goal + seed / 100 - score) / 10;
        yield { step, steps, metrics: { score, loss: 1 - score } };
      }
      return { score, loss: 1 - score };
    },
  };
}

/** An experiment that costs nothing: the method scores about 0.9, the baseline about 0.2. */
export function syntheticExperiment(steps = 100) {
  return defineExperiment({
    paper: 'synthetic',
    question: 'Does the method score higher?',
    data: { description: 'None.', load: () => undefined },
    arms: [
      arm('plain', 'baseline', 0.2, steps),
      arm('better', 'method', 0.9, steps),
      arm('half', 'ablation', 0.5, steps),
    ],
    seeds: [0, 1, 2],
    metrics: [
      { name: 'loss', label: 'loss', unit: 'number', better: 'lower' },
      { name: 'score', label: 'score', unit: 'fraction', better: 'higher' },
    ],
    claims: [
      {
        statement: 'The method scores higher.',
        conditions: [{ metric: 'score', arm: 'better', minus: 'plain', over: 'every-seed', atLeast: 0.5 }],
      },
    ],
    curves: ['score', 'loss'],
    liveSeconds: 20,
  });
}

/** A run that ended with a score; its curve is a single point. */
export function runWith(name: string, seed: number, score: number): Run {
  const metrics = { score, loss: 1 - score };
  return { arm: name, seed, metrics, seconds: 1, curve: [{ step: 1, metrics }] };
}

/** Recorded results in which the method leads by 0.68, 0.7 and 0.72. */
export function syntheticResults(): Results {
  const runs = [0, 1, 2].flatMap((seed) => [
    runWith('plain', seed, 0.2),
    runWith('better', seed, 0.88 + 0.02 * seed),
    runWith('half', seed, 0.5),
  ]);
  return buildResults(syntheticExperiment(), runs, {
    machine: { processor: 'none', cores: 1, system: 'none' },
    versions: {},
    finishedAt: '2025-12-12T10:00:00.000Z',
  });
}
