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
      readonly seconds: number;
    }
  | { readonly type: 'finished'; readonly run: Run };

/** Mean and sample standard deviation over seeds. `std` is 0 for a single seed. */
export interface Summary {
  readonly mean: number;
  readonly std: number;
}

export type ClaimVerdict = 'shows' | 'does not show' | 'not tested here';

export type PaperVerdict = 'reproduced' | 'partly' | 'not reproduced';

export interface JudgedCondition {
  readonly condition: Condition;
  /** The condition in words, such as `mean test accuracy of ⊥AdamW ≥ 90 %`. */
  readonly text: string;
  /** The measured mean, or the worst seed's value. */
  readonly value: number;
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
  readonly format: 1;
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
