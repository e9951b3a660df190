import type { Exhibit } from './exhibit.js';

/** Named numbers that an arm measures, such as `{ testAccuracy: 0.98 }`. */
export type Metrics = Readonly<Record<string, number>>;

/** `full` is what verdicts are made of; `quick` is one seed and a smaller budget, and gives no verdict. */
export type Budget = 'full' | 'quick';

/** What an arm reports while it runs. `step` counts from 1 to `steps`. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
  readonly metrics: Metrics;
  /** What there is to look at by now; a later one with the same title replaces an earlier one. */
  readonly exhibits?: readonly Exhibit[];
}

/**
 * What an arm returns in the end: its metrics alone, or with exhibits, which join those that it has shown on the way. All
 * of them together stay within `exhibitLimits`.
 */
export type Outcome = Metrics | { readonly metrics: Metrics; readonly exhibits: readonly Exhibit[] };

/** What an arm is given: its data, its seed and how much it may spend. */
export interface ArmContext<Data> {
  readonly data: Data;
  readonly seed: number;
  readonly budget: Budget;
  readonly signal?: AbortSignal;
}

/** `baseline`: what the paper compares with. `method`: the paper. `ablation`: the method with a part changed. */
export type Role = 'baseline' | 'method' | 'ablation';

/** One way of training. It yields progress while it works and returns what it has measured in the end. */
export interface Arm<Data = unknown> {
  readonly name: string;
  readonly label: string;
  readonly role: Role;
  readonly description: string;
  /** Arms that run live in a page by default; the others are run by `evenkeel reproduce` and on request. */
  readonly live: boolean;
  run(context: ArmContext<Data>): AsyncGenerator<Progress, Outcome, void>;
}

/** How a metric is named, drawn and written. */
export interface Metric {
  readonly name: string;
  readonly label: string;
  /** `fraction` is written as a percentage; `number` as it is; `seconds` and `bytes` with their unit. */
  readonly unit: 'fraction' | 'number' | 'seconds' | 'bytes';
  readonly better: 'higher' | 'lower' | 'neither';
  /** Made for claims alone, as a logarithm whose difference is a ratio: tables and bars leave it out. */
  readonly aside?: boolean;
}

/**
 * One comparison inside a claim: `metric` of `arm`, or its difference to `minus`, as a mean over the seeds or in every
 * seed, at least or at most a number fixed beforehand. A mean has to be on the right side with its whole 95 % interval.
 */
export interface Condition {
  readonly metric: string;
  readonly arm: string;
  readonly minus?: string;
  readonly over: 'mean' | 'every-seed';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A sentence of the paper and what must hold for it to show. No conditions: not tested here, with the reason. */
export type Claim =
  | { readonly statement: string; readonly conditions: readonly [Condition, ...Condition[]] }
  | { readonly statement: string; readonly notTested: string };

/** What is tried, on what, how often, and what would count as success: all of it fixed before it runs. */
export interface Experiment<Data = unknown> {
  /** Slug of the paper. */
  readonly paper: string;
  readonly question: string;
  readonly data: {
    readonly description: string;
    load(context: { seed: number; budget: Budget; signal?: AbortSignal }): Data | Promise<Data>;
  };
  readonly arms: readonly Arm<Data>[];
  /** At least three. */
  readonly seeds: readonly number[];
  readonly metrics: readonly Metric[];
  readonly claims: readonly Claim[];
  /** The metrics drawn while the arms run, most important first. */
  readonly curves: readonly string[];
  /** Rough seconds for one live run of the `live` arms in a browser tab, said before it starts. */
  readonly liveSeconds: number;
}
