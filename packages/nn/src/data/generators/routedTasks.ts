import { type Columns, columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { float32, int32, largest, normals, product, row, wholeNumbers } from './arrays.js';
import { requireNotNegative, requireWhole } from './options.js';

export interface RoutedTasksOptions {
  readonly seed: number;
  /** Seed of the tasks, which stay the same for other samples; 0 unless said. */
  readonly world?: number;
  /** 8 unless said. */
  readonly tasks?: number;
  /** Numbers that tell a task; 8 unless said. */
  readonly centreWidth?: number;
  /** Standard deviation of the centres; 1.2 unless said. */
  readonly centreDeviation?: number;
  /** Numbers of the content, which a task's network labels; 6 unless said. */
  readonly contentWidth?: number;
  /** Hidden units of a task's network; 16 unless said. */
  readonly hidden?: number;
  /** 3 unless said. */
  readonly classes?: number;
  /** Standard deviation of what a router sees around the centre; 0.9 unless said. */
  readonly routerNoise?: number;
  /** Meaningless numbers that a router sees too; 48 unless said. */
  readonly nuisance?: number;
  /** Standard deviation of the embedding around the centre; 0.4 unless said. */
  readonly embeddingNoise?: number;
  /** 200 unless said. */
  readonly samples?: number;
}

/** Samples of several tasks. */
export type RoutedTasks = {
  /** `[n, contentWidth]`, float32. */
  readonly contents: HostArray;
  /** `[n, centreWidth + nuisance]`, float32: what a router sees. */
  readonly routerInputs: HostArray;
  /** `[n, centreWidth]`, float32: a cleaner view of the task, to find neighbours by. */
  readonly embeddings: HostArray;
  /** `[n]`, int32. */
  readonly tasks: HostArray;
  /** `[n]`, int32: the class. */
  readonly labels: HostArray;
};

export interface RoutedTaskWorld {
  readonly samples: Columns<RoutedTasks>;
  /** `[tasks, centreWidth]`, float32. */
  readonly centres: HostArray;
}

/**
 * Tasks to be told from a noisy view and solved by an expert each (arXiv 2511.07419). Task c has a centre
 * m_c = centreDeviation · n and a network contentWidth → hidden (tanh) → classes of standard normal weights without
 * biases. A sample draws its task evenly and its content v standard normal; its label is the largest output of the
 * task's network at v; the router's input is (m_c + routerNoise · n, nuisance normals), the embedding
 * m_c + embeddingNoise · n.
 * @throws RangeError for counts that are not whole and positive and negative deviations
 */
export function routedTasks({
  seed,
  world = 0,
  tasks = 8,
  centreWidth = 8,
  centreDeviation = 1.2,
  contentWidth = 6,
  hidden = 16,
  classes = 3,
  routerNoise = 0.9,
  nuisance = 48,
  embeddingNoise = 0.4,
  samples = 200,
}: RoutedTasksOptions): RoutedTaskWorld {
  requireWhole('routedTasks', { tasks, centreWidth, contentWidth, hidden, classes, samples });
  requireWhole('routedTasks', { nuisance }, 0);
  requireNotNegative('routedTasks', { centreDeviation, routerNoise, embeddingNoise });
  const fixed = randomSource(world);
  const centres = normals(fixed.fork('centres'), tasks, centreWidth).map((x) => centreDeviation * x);
  const networks = Array.from({ length: tasks }, (_, task) => {
    const own = fixed.fork('networks').fork(task);
    return { first: normals(own, contentWidth, hidden), second: normals(own, hidden, classes) };
  });
  const random = randomSource(seed);
  const taskOf = wholeNumbers(random.fork('tasks'), tasks, samples);
  const contents = normals(random.fork('contents'), samples, contentWidth);
  const labels = Array.from(taskOf, (task, n) => {
    const { first, second } = networks[task]!;
    return largest(
      product(product(row(contents, contentWidth, n), first, hidden).map(Math.tanh), second, classes),
    );
  });
  const around = (part: string, noise: number, extra: number) => {
    const own = random.fork(part);
    const views = Array.from(taskOf).flatMap((task) => [
      ...row(centres, centreWidth, task).map((x) => x + noise * own.normal()),
      ...normals(own, extra),
    ]);
    return float32(views, [samples, centreWidth + extra]);
  };
  return {
    samples: columns({
      contents: float32(contents, [samples, contentWidth]),
      routerInputs: around('router', routerNoise, nuisance),
      embeddings: around('embeddings', embeddingNoise, 0),
      tasks: int32(taskOf, [samples]),
      labels: int32(labels, [samples]),
    }),
    centres: float32(centres, [tasks, centreWidth]),
  };
}
