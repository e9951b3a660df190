import type { Exhibit } from './exhibit.js';
import type { Condition, Metric, Metrics, Role } from './experiment.js';

/** A recorded point of a learning curve. */
export interface CurvePoint {
  readonly step: number;
  readonly metrics: Metrics;
}

/** One arm with one seed, from start to end. `seconds` is time spent in this arm alone. */
export interface Run {
  readonly arm: string;
  readonly seed: number;
  readonly metrics: Metrics;
  readonly seconds: number;
  /** At most 100 points, values to five significant digits. */
  readonly curve: readonly CurvePoint[];
  /** What there was to look at, in the order in which it was first shown. Results keep that of the first seed. */
  readonly exhibits?: readonly Exhibit[];
}

/** What a runner tells while it works. */
export type RunEvent =
  | { readonly type: 'started'; readonly arm: string; readonly seed: number }
  | {
      readonly type: 'progress';
      readonly arm: string;
      readonly seed: number;
      readonly step: number;
      readonly steps: number;
      readonly metrics: Metrics;
      readonly exhibits?: readonly Exhibit[];
      readonly seconds: number;
    }
  | { readonly type: 'finished'; readonly run: Run };

/** Both ends belong to it. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Values over seeds: mean, sample standard deviation (0 for a single seed) and the 95 % interval of the mean. */
export interface Summary {
  readonly mean: number;
  readonly std: number;
  readonly interval: Interval;
}

export type ClaimVerdict = 'shows' | 'does not show' | 'not tested here';

export type PaperVerdict = 'reproduced' | 'partly' | 'not reproduced';

export interface JudgedCondition {
  readonly condition: Condition;
  /** The condition in words, such as `mean test accuracy of ⊥AdamW ≥ 90 %`. */
  readonly text: string;
  /** The measured mean, or the worst seed's value. */
  readonly value: number;
  /** The measured value of each seed, in the order of the experiment's seeds. */
  readonly values: readonly number[];
  /** The 95 % interval of the mean of `values`, also where every seed is asked for. */
  readonly interval: Interval;
  readonly holds: boolean;
}

export interface JudgedClaim {
  readonly statement: string;
  readonly verdict: ClaimVerdict;
  readonly conditions: readonly JudgedCondition[];
  /** Why it was not tested here. */
  readonly reason?: string;
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
}

/** What `evenkeel reproduce` records, one file per paper. */
export interface Results {
  readonly format: 2;
  readonly paper: string;
  readonly question: string;
  readonly data: string;
  readonly verdict: PaperVerdict;
  readonly claims: readonly JudgedClaim[];
  readonly arms: readonly {
    readonly name: string;
    readonly label: string;
    readonly role: Role;
    readonly description: string;
    readonly metrics: Readonly<Record<string, Summary>>;
    readonly seconds: Summary;
    readonly runs: readonly Run[];
  }[];
  readonly seeds: readonly number[];
  readonly metrics: readonly Metric[];
  readonly curves: readonly string[];
  readonly seconds: number;
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
  readonly machine: Machine;
  /** Versions of what computed it, such as `{ evenkeel, node, 'onnxruntime-node' }`. */
  readonly versions: Readonly<Record<string, string>>;
}
