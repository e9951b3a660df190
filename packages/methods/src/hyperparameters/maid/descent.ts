import { hypergradientErrorBound, sufficientDecrease, upperBracket } from './bounds.js';
import { type BilevelOracle, type Hypergradient, type LowerSolution, solveStart } from './oracle.js';
import type { BilevelPoint } from './problem.js';
import { type MaidOptions, type MaidSettings, settingsOf } from './settings.js';

/** One outer step, after it was taken. */
export interface MaidStep<X, Theta> {
  /** Counts from 1. */
  readonly step: number;
  readonly x: X;
  readonly theta: Theta;
  /** g(x) + r(θ) at the inexact x. */
  readonly loss: number;
  /** What f(θ) lies between. */
  readonly bracket: readonly [low: number, up: number];
  /** a: how far it went. */
  readonly stepSize: number;
  /** ε and δ by which it was taken. */
  readonly eps: number;
  readonly delta: number;
  /** |z| */
  readonly gradientNorm: number;
  /** ω, the bound of the error of z; 0 from an oracle without bounds. */
  readonly omega: number;
  /** Trial steps that were refused in the round that succeeded. */
  readonly backtracks: number;
  /** How often ε and δ were reduced, by the descent test or after a round of refused steps. */
  readonly refinements: number;
  /** Iterations of the lower solver and of conjugate gradients, of this step alone. */
  readonly lowerIterations: number;
  readonly adjointIterations: number;
  /** ε, δ and a with which the next step begins. */
  readonly next: { readonly eps: number; readonly delta: number; readonly stepSize: number };
}

/**
 * Why it ended. `converged`: |z| and ω are within the tolerance; `stalled`: ε or δ became too small, or without adaptive
 * accuracies, no step was accepted; `budget`: the lower solver has had its iterations; `steps`: all were taken.
 */
export type MaidStatus = 'converged' | 'stalled' | 'budget' | 'steps';

/** What changes while one runs. */
interface State<X, Theta> {
  theta: Theta;
  solution: LowerSolution<X>;
  eps: number;
  delta: number;
  stepSize: number;
  /** Iterations so far. */
  lower: number;
  adjoint: number;
  refinements: number;
}

type End = Exclude<MaidStatus, 'steps'>;

interface Direction<X, Theta> {
  readonly gradient: Hypergradient<X, Theta>;
  readonly omega: number;
}

interface Trial<X, Theta> {
  readonly theta: Theta;
  readonly solution: LowerSolution<X>;
  readonly stepSize: number;
  readonly backtracks: number;
}

/**
 * MAID (Algorithm 3.1): steps θ ← θ - a z along inexact hypergradients. The descent test tightens ε and δ until -z
 * certainly descends; the line search then takes the first a = ρⁱ α for which bounds of the upper loss certify a decrease
 * of f itself. If there is none, ε and δ are tightened and it begins anew from the same α; after success all three grow.
 * Trial points are solved to ν̄ ε, from the solution at hand.
 * @returns an iterator of outer steps that returns why it ended
 * @throws RangeError for options out of range, an upper loss that is not finite at the start, and what the oracle refuses
 */
export async function* maidSteps<X, Theta>(
  oracle: BilevelOracle<X, Theta>,
  start: BilevelPoint<X, Theta>,
  options: MaidOptions = {},
): AsyncGenerator<MaidStep<X, Theta>, MaidStatus, void> {
  const settings = settingsOf('maid', options);
  const state = await begin('maid', oracle, start, settings);
  for (let step = 1; step <= settings.steps; step++) {
    const before = { ...state };
    state.refinements = 0;
    const taken = await adaptiveStep(oracle, state, settings);
    if (typeof taken === 'string') return taken;
    const { direction, trial } = taken;
    const used = { eps: state.eps, delta: state.delta };
    state.eps *= settings.nuBar;
    state.delta *= settings.nuBar;
    accept(state, trial, settings);
    yield outerStep(oracle, step, state, { before, direction, trial, used }, settings);
  }
  return 'steps';
}

/**
 * The same steps with ε = eps0 and δ = delta0 throughout, without the descent test: what inexact hypergradients come to
 * when nobody adapts them. Stalled when the line search accepts none of `maxBT` steps.
 * @throws as `maidSteps`
 */
export async function* fixedAccuracySteps<X, Theta>(
  oracle: BilevelOracle<X, Theta>,
  start: BilevelPoint<X, Theta>,
  options: MaidOptions = {},
): AsyncGenerator<MaidStep<X, Theta>, MaidStatus, void> {
  const settings = settingsOf('fixedAccuracy', options);
  const state = await begin('fixedAccuracy', oracle, start, settings);
  const used = { eps: state.eps, delta: state.delta };
  for (let step = 1; step <= settings.steps; step++) {
    const before = { ...state };
    if (state.lower >= settings.budget) return 'budget';
    const direction = await directionAt(oracle, state);
    if (isStationary(direction, settings)) return 'converged';
    const trial = await lineSearch(oracle, state, direction, { ...settings, nuBar: 1 }, settings.maxBT);
    if (typeof trial === 'string') return trial;
    accept(state, trial, settings);
    yield outerStep(oracle, step, state, { before, direction, trial, used }, settings);
  }
  return 'steps';
}

async function begin<X, Theta>(
  name: string,
  oracle: BilevelOracle<X, Theta>,
  start: BilevelPoint<X, Theta>,
  { eps0, delta0, alpha0 }: MaidSettings,
): Promise<State<X, Theta>> {
  const solution = await solveStart(name, oracle, start, eps0);
  return {
    ...{ theta: start.theta, solution, eps: eps0, delta: delta0, stepSize: alpha0 },
    ...{ lower: solution.iterations, adjoint: 0, refinements: 0 },
  };
}

/** The body of the outer loop: rounds of line searches with ever finer accuracies. */
async function adaptiveStep<X, Theta>(
  oracle: BilevelOracle<X, Theta>,
  state: State<X, Theta>,
  settings: MaidSettings,
): Promise<{ direction: Direction<X, Theta>; trial: Trial<X, Theta> } | End> {
  for (let tries = settings.maxBT; ; tries++) {
    const direction = await inexactGradient(oracle, state, settings);
    if (typeof direction === 'string') return direction;
    const trial = await lineSearch(oracle, state, direction, settings, tries);
    if (typeof trial !== 'string') return { direction, trial };
    if (trial === 'budget') return trial;
    refine(state, settings);
  }
}

/** InexactGradient (Algorithm 3.2): ε and δ shrink until the direction passes the descent test. */
async function inexactGradient<X, Theta>(
  oracle: BilevelOracle<X, Theta>,
  state: State<X, Theta>,
  settings: MaidSettings,
): Promise<Direction<X, Theta> | End> {
  for (;;) {
    if (state.lower >= settings.budget) return 'budget';
    if (state.eps < settings.leastAccuracy || state.delta < settings.leastAccuracy) return 'stalled';
    if (state.solution.accuracy > state.eps) {
      state.solution = await oracle.solve(state.solution.x, state.theta, state.eps);
      state.lower += state.solution.iterations;
    }
    const direction = await directionAt(oracle, state);
    if (isStationary(direction, settings)) return 'converged';
    const { gradient, omega } = direction;
    if (!settings.checkDescent || omega <= (1 - settings.eta) * gradient.norm) return direction;
    refine(state, settings);
  }
}

function refine<X, Theta>(state: State<X, Theta>, { nu }: MaidSettings): void {
  state.eps *= nu;
  state.delta *= nu;
  state.refinements++;
}

const isStationary = <X, Theta>(
  { gradient, omega }: Direction<X, Theta>,
  { tolerance }: MaidSettings,
): boolean => gradient.norm <= tolerance && omega <= tolerance;

/** The hypergradient at hand and the bound of its error. */
async function directionAt<X, Theta>(
  oracle: BilevelOracle<X, Theta>,
  state: State<X, Theta>,
): Promise<Direction<X, Theta>> {
  const { solution, theta, eps, delta } = state;
  const gradient = await oracle.hypergradient(solution.x, theta, delta);
  state.adjoint += gradient.iterations;
  const omega = hypergradientErrorBound({
    ...gradient,
    // Where an iteration had to stop early, what it reached is what counts.
    eps: Math.max(eps, solution.accuracy),
    delta: Math.max(delta, gradient.residual),
    upperSmoothness: oracle.upperSmoothness,
    upperGradientNorm: solution.gradientNorm,
  });
  return { gradient, omega };
}

const inexact = <X>({ value, gradientNorm, accuracy }: LowerSolution<X>, eps: number) => ({
  value,
  gradientNorm,
  eps: Math.max(eps, accuracy),
});

/** The first of `tries` ever shorter steps that certainly lowers f. */
async function lineSearch<X, Theta>(
  oracle: BilevelOracle<X, Theta>,
  state: State<X, Theta>,
  { gradient }: Direction<X, Theta>,
  { rho, nuBar, armijo, upperConvex, budget }: MaidSettings,
  tries: number,
): Promise<Trial<X, Theta> | 'stalled' | 'budget'> {
  for (let backtracks = 0; backtracks < tries; backtracks++) {
    if (state.lower >= budget) return 'budget';
    const stepSize = rho ** backtracks * state.stepSize;
    const theta = await oracle.move(state.theta, gradient.z, stepSize);
    const eps = nuBar * state.eps;
    const solution = await oracle.solve(state.solution.x, theta, eps);
    state.lower += solution.iterations;
    const psi = sufficientDecrease({
      before: inexact(state.solution, state.eps),
      after: inexact(solution, eps),
      upperSmoothness: oracle.upperSmoothness,
      upperConvex,
      stepSize,
      gradientSquare: gradient.norm ** 2,
      armijo,
    });
    if (psi <= 0) return { theta, solution, stepSize, backtracks };
  }
  return 'stalled';
}

function accept<X, Theta>(
  state: State<X, Theta>,
  { theta, solution, stepSize }: Trial<X, Theta>,
  { rhoBar }: MaidSettings,
): void {
  Object.assign(state, { theta, solution, stepSize: rhoBar * stepSize });
}

interface Taken<X, Theta> {
  readonly before: State<X, Theta>;
  readonly direction: Direction<X, Theta>;
  readonly trial: Trial<X, Theta>;
  readonly used: { readonly eps: number; readonly delta: number };
}

function outerStep<X, Theta>(
  { upperSmoothness }: BilevelOracle<X, Theta>,
  step: number,
  state: State<X, Theta>,
  { before, direction, trial, used }: Taken<X, Theta>,
  { upperConvex }: MaidSettings,
): MaidStep<X, Theta> {
  const { theta, solution, eps, delta, stepSize } = state;
  return {
    step,
    x: solution.x,
    theta,
    loss: solution.value,
    bracket: upperBracket(inexact(solution, eps), { upperSmoothness, upperConvex }),
    stepSize: trial.stepSize,
    ...used,
    gradientNorm: direction.gradient.norm,
    omega: direction.omega,
    backtracks: trial.backtracks,
    refinements: state.refinements,
    // The first step also counts the solution from which it began.
    lowerIterations: state.lower - (step === 1 ? 0 : before.lower),
    adjointIterations: state.adjoint - before.adjoint,
    next: { eps, delta, stepSize },
  };
}
