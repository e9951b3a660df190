import type { ArmContext, Budget, Exhibit, Metrics, Outcome, Progress } from '@evenkeel/lab';
import type { Tensor } from '@evenkeel/tensor';
import { fixedAccuracySteps, maidSteps } from './descent.js';
import { type Course, follow } from './follow.js';
import { type AccuracySequence, type HoagStep, hoagSteps } from './hoag.js';
import { type BilevelOracle, bilevelOracle, type LowerSolution } from './oracle.js';
import { pictureTable } from './pictures.js';
import type { BilevelPoint } from './problem.js';
import type { MaidOptions } from './settings.js';
import { decibels, type Stage, size, type Tasks } from './tasks.js';

type Numbers<Of> = Readonly<Record<Budget, Of>>;

/** Outer steps on the quadratic problem. */
const quadraticSteps: Numbers<number> = { full: 500, quick: 100 };
/** Iterations of the lower solver on the quadratic problem after which methods are compared. */
const comparedAt: Numbers<number> = { full: 10_000, quick: 2_000 };
/** Iterations of the lower solver on the pictures. */
const pictureBudget: Numbers<number> = { full: 3_000, quick: 400 };
/** Parts of a run: both problems come equally far in each. */
const ticks: Numbers<number> = { full: 25, quick: 10 };
/** Ticks between two looks at the held-out pictures. */
const lookEvery = 5;
/** Held-out pictures that are shown. */
const shown = 2;
/** Accuracy of the solutions by which results are judged. */
const fine = 1e-4;

/** First step sizes where the step adapts. */
export interface FirstSteps {
  readonly quadratic: number;
  readonly pictures: number;
}

/** A way of learning hyperparameters, for both problems alike. */
export interface Method {
  readonly alpha0: FirstSteps;
  /** Whether it needs the constants of the descent test. */
  readonly bounds: boolean;
  steps(
    oracle: BilevelOracle<Tensor, Tensor>,
    start: BilevelPoint<Tensor, Tensor>,
    limits: { readonly steps: number; readonly budget: number; readonly alpha0: number },
  ): AsyncGenerator<HoagStep<Tensor, Tensor>, string, void>;
}

/** g is convex in both problems; λ = η. */
const common = { upperConvex: true, armijo: 1e-4 } as const;
const usual: FirstSteps = { quadratic: 0.01, pictures: 0.1 };

export const maidWith = (options: MaidOptions = {}, alpha0 = usual): Method => ({
  alpha0,
  bounds: options.checkDescent ?? true,
  steps: (oracle, start, limits) => maidSteps(oracle, start, { ...common, ...limits, ...options }),
});

export const fixedAt = (eps0: number): Method => ({
  alpha0: usual,
  bounds: false,
  steps: (oracle, start, limits) => fixedAccuracySteps(oracle, start, { ...common, ...limits, eps0 }),
});

export const hoagWith = (sequence: AccuracySequence): Method => ({
  alpha0: usual,
  bounds: false,
  // Its first step has the length 1.
  steps: (oracle, start, { steps, budget }) => hoagSteps(oracle, start, { steps, budget, sequence }),
});

/** Learns both problems by the method, side by side. */
export const learnWith = (method: Method) =>
  async function* run({ data, budget }: ArmContext<Tasks>): AsyncGenerator<Progress, Outcome, void> {
    const both = begin(method, data, budget);
    const gaps: Point[] = [[0, 1]];
    const accuracies: Point[] = [];
    let looked: Look | undefined;
    try {
      const before = await both.heldOut.solve(data.heldOut.start.x, data.heldOut.start.theta, fine);
      for (let tick = 1; tick <= ticks[budget]; tick++) {
        await both.advance(tick / ticks[budget]);
        const { lower, steps, last } = both.numbers;
        gaps.push([lower, await data.quadratic.gap(thetaOf(both.numbers, data.quadratic))]);
        if (last) accuracies.push([steps, last.eps]);
        if (tick % lookEvery === 0) {
          looked = await look(both.heldOut, data, before, thetaOf(both.pictures, data.denoising));
        }
        yield {
          step: tick,
          steps: ticks[budget],
          metrics: {
            gap: gaps.at(-1)![1],
            ...(both.pictures.last && { denoisingLoss: both.pictures.last.loss }),
            ...(looked && { psnr: looked.psnr }),
          },
          exhibits: [...linesOf(gaps, accuracies), ...(looked ? [looked.table] : [])],
        };
      }
      const { psnr, gain } = looked!;
      return { ...gapMetrics(gaps, comparedAt[budget]), psnr, gain, ...(await both.denoised()) };
    } finally {
      await both.release();
    }
  };

/** The courses of both problems. */
function begin(method: Method, { quadratic, denoising, heldOut }: Tasks, budget: Budget) {
  const [steps, lower] = [quadraticSteps[budget], pictureBudget[budget]];
  const oracleOf = ({ problem, start }: Stage, bounds: boolean) => bilevelOracle(problem, start, { bounds });
  const oracles = {
    quadratic: oracleOf(quadratic, method.bounds),
    denoising: oracleOf(denoising, method.bounds),
    heldOut: oracleOf(heldOut, false),
  };
  const { alpha0 } = method;
  const onQuadratic = { steps, budget: 1e6, alpha0: alpha0.quadratic };
  const onPictures = { steps: 10_000, budget: lower, alpha0: alpha0.pictures };
  const numbers = follow(method.steps(oracles.quadratic, quadratic.start, onQuadratic));
  const pictures = follow(method.steps(oracles.denoising, denoising.start, onPictures));
  return {
    numbers: numbers.course,
    pictures: pictures.course,
    heldOut: oracles.heldOut,
    /** Goes on until a share of all work is done. */
    async advance(share: number): Promise<void> {
      await numbers.until((course) => course.steps >= steps * share);
      await pictures.until((course) => course.lower >= lower * share);
    },
    /** What came of the pictures. */
    async denoised(): Promise<Metrics> {
      const theta = thetaOf(pictures.course, denoising);
      const { value } = await oracles.denoising.solve(denoising.start.x, theta, fine);
      return { denoisingLoss: value, denoisingIterations: pictures.course.lower };
    },
    async release(): Promise<void> {
      await Promise.all(Object.values(oracles).map((oracle) => oracle.release()));
    },
  };
}

const thetaOf = ({ last }: Course<Tensor, Tensor>, { start }: Stage): Tensor => last?.theta ?? start.theta;

interface Look {
  readonly psnr: number;
  /** Decibels above what the first θ comes to. */
  readonly gain: number;
  readonly table: Exhibit;
}

/** Denoises the held-out pictures. */
async function look(
  oracle: BilevelOracle<Tensor, Tensor>,
  { heldOut }: Tasks,
  before: LowerSolution<Tensor>,
  theta: Tensor,
): Promise<Look> {
  const after = await oracle.solve(before.x, theta, fine);
  const columns = [heldOut.start.x, before.x, after.x, heldOut.clean].map(async (x) =>
    Array.from(await x.data(), Number).slice(0, shown * size ** 2),
  );
  const table = pictureTable({
    title: 'Held-out pictures: noisy, denoised by the first weights, by the learned ones, clean',
    size,
    columns: await Promise.all(columns),
  });
  const psnr = decibels(after.value);
  return { psnr, gain: psnr - decibels(before.value), table };
}

type Point = readonly [lower: number, value: number];

/** The gap now and at a number of iterations, between whose neighbours its logarithm is a line. */
function gapMetrics(gaps: readonly Point[], at: number): Metrics {
  const [iterations, gap] = gaps.at(-1)!;
  const next = gaps.findIndex(([lower]) => lower >= at);
  const [[from, above], [to, below]] =
    next > 0 ? [gaps[next - 1]!, gaps[next]!] : [gaps.at(-1)!, gaps.at(-1)!];
  const share = to > from ? (at - from) / (to - from) : 0;
  const logGapThere = (1 - share) * Math.log(above) + share * Math.log(below);
  return {
    ...{ gap, logGap: Math.log(gap), gapThere: Math.exp(logGapThere), logGapThere },
    ...{ iterations, logIterations: Math.log(Math.max(iterations, 1)) },
  };
}

const linesOf = (gaps: readonly Point[], accuracies: readonly Point[]): readonly Exhibit[] => [
  {
    kind: 'lines',
    title: 'Quadratic problem: gap to the best loss by work',
    xAxis: 'iterations of the inner solver',
    yAxis: 'log₁₀ of the gap',
    lines: [{ label: 'gap', points: gaps.map(([lower, gap]) => [lower, Math.log10(gap)]) }],
  },
  {
    kind: 'lines',
    title: 'Quadratic problem: accuracy of the inner solutions',
    xAxis: 'outer step',
    yAxis: 'log₁₀ ε',
    lines: [{ label: 'ε', points: accuracies.map(([step, eps]) => [step, Math.log10(eps)]) }],
  },
];
