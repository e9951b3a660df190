import { requireNotNegative } from './problem.js';

/** How accuracies and steps adapt. */
export interface MaidOptions {
  /** ε at the start, above 0; 0.1 unless said. The result hardly depends on it. */
  readonly eps0?: number;
  /** δ at the start, above 0; ε at the start unless said. */
  readonly delta0?: number;
  /** Step size at the start, above 0; 0.01 unless said. */
  readonly alpha0?: number;
  /** ρ in (0, 1): a step that is refused shrinks by it; 0.5 unless said. */
  readonly rho?: number;
  /** ρ̄ above 1: a step that was taken grows by it; 10/9 unless said. */
  readonly rhoBar?: number;
  /** ν in (0, 1): ε and δ shrink by it; 0.5 unless said. */
  readonly nu?: number;
  /** ν̄ above 1: ε and δ grow by it after a step; 1.25 unless said. */
  readonly nuBar?: number;
  /** η in (0, 1) of the descent test ω ≤ (1 - η) |z|; 1e-4 unless said. */
  readonly eta?: number;
  /**
   * λ in (0, 1): f must fall by λ a |z|²; η / 2 unless said. The convergence theorem asks for λ < η; λ = η, as in the
   * paper's experiments, is allowed. (The official code multiplies by η².)
   */
  readonly armijo?: number;
  /** Trial steps of the first round; each further round, with finer accuracies, has one more. 10 unless said. */
  readonly maxBT?: number;
  /** Most outer steps; 100 unless said. */
  readonly steps?: number;
  /** Iterations of the lower solver after which no more work begins; 1e6 unless said. */
  readonly budget?: number;
  /** Stops when |z| and ω are at most this; 0 unless said. */
  readonly tolerance?: number;
  /** ε and δ below this end the run as stalled; 1e-12 unless said. */
  readonly leastAccuracy?: number;
  /** Whether g is convex, which makes its lower bound tighter; false unless said. */
  readonly upperConvex?: boolean;
  /**
   * Whether directions must pass the descent test; true unless said. Without it, L_J and the L of H⁻¹ need not be known:
   * each step still lowers f, if L_g is right, but convergence is no longer certain.
   */
  readonly checkDescent?: boolean;
}

export type MaidSettings = Required<MaidOptions>;

const between = (low: number, high: number) => (value: number) => value > low && value < high;
const whole = (value: number) => Number.isInteger(value) && value >= 1;

/** @throws RangeError for options out of range */
export function settingsOf(name: string, options: MaidOptions): MaidSettings {
  const settings: MaidSettings = {
    eps0: 0.1,
    delta0: options.eps0 ?? 0.1,
    alpha0: 0.01,
    rho: 0.5,
    rhoBar: 10 / 9,
    nu: 0.5,
    nuBar: 1.25,
    eta: 1e-4,
    armijo: (options.eta ?? 1e-4) / 2,
    maxBT: 10,
    steps: 100,
    budget: 1e6,
    tolerance: 0,
    leastAccuracy: 1e-12,
    upperConvex: false,
    checkDescent: true,
    ...options,
  };
  requireSettings(name, settings);
  return settings;
}

function requireSettings(name: string, settings: MaidSettings): void {
  const ranges: readonly [readonly (keyof MaidSettings)[], (value: number) => boolean, string][] = [
    [['eps0', 'delta0', 'alpha0'], between(0, Number.POSITIVE_INFINITY), 'positive and finite'],
    [['rho', 'nu', 'eta', 'armijo'], between(0, 1), 'between 0 and 1'],
    [['rhoBar', 'nuBar'], between(1, Number.POSITIVE_INFINITY), 'above 1 and finite'],
    [['maxBT', 'steps'], whole, 'a whole number from 1'],
  ];
  for (const [names, allowed, expected] of ranges) {
    for (const option of names) {
      const value = settings[option] as number;
      if (!allowed(value)) throw new RangeError(`${name}: ${option} must be ${expected}, got ${value}`);
    }
  }
  for (const option of ['tolerance', 'leastAccuracy'] as const) {
    requireNotNegative(name, option, settings[option]);
  }
  if (!(settings.budget > 0)) throw new RangeError(`${name}: budget must be above 0, got ${settings.budget}`);
  if (settings.checkDescent && settings.armijo > settings.eta) {
    throw new RangeError(
      `${name}: armijo must be at most eta, ${settings.eta}, with the descent test, got ${settings.armijo}`,
    );
  }
}
