import { requireIn, requireSteps } from '../optimizers/options.js';

/** When training ends before its time. */
export interface EarlyStopping {
  /** The metric of the evaluations that decides. */
  readonly metric: string;
  /** Evaluations in a row without improvement after which training ends, at least 1. */
  readonly patience: number;
  /** Which values are better; `lower` unless said. */
  readonly better?: 'lower' | 'higher';
  /** How much better than the best a value must be to count as an improvement, at least 0; 0 unless said. */
  readonly minimumChange?: number;
}

/** How the evaluations have gone so far. */
export interface Standing {
  /** The best value; undefined before there is one, and NaN is none. */
  readonly best: number | undefined;
  /** Step of the evaluation that gave it. */
  readonly step: number | undefined;
  /** Evaluations since then. */
  readonly since: number;
}

export const noStanding: Standing = { best: undefined, step: undefined, since: 0 };

/** @throws RangeError for settings that make no sense */
export function requireEarlyStopping({ metric, patience, better, minimumChange = 0 }: EarlyStopping): void {
  if (typeof metric !== 'string' || metric === '')
    throw new RangeError(`fit: earlyStopping: metric must be the name of a metric, got ${metric}`);
  requireSteps('fit', 'earlyStopping: patience', patience);
  requireIn('fit', 'earlyStopping: minimumChange', minimumChange, 0);
  if (better !== undefined && better !== 'lower' && better !== 'higher')
    throw new RangeError(`fit: earlyStopping: better must be lower or higher, got ${better}`);
}

/** The standing after another evaluation. @throws RangeError when the evaluation has no such metric */
export function standingAfter(
  standing: Standing,
  { metric, better = 'lower', minimumChange = 0 }: EarlyStopping,
  step: number,
  metrics: Readonly<Record<string, number>>,
): Standing {
  const value = metrics[metric];
  if (value === undefined) {
    const names = Object.keys(metrics).join(', ');
    throw new RangeError(
      `fit: earlyStopping: the evaluation has no ${metric}; there is ${names || 'nothing'}`,
    );
  }
  const improves =
    standing.best === undefined
      ? !Number.isNaN(value)
      : better === 'lower'
        ? value < standing.best - minimumChange
        : value > standing.best + minimumChange;
  return improves ? { best: value, step, since: 0 } : { ...standing, since: standing.since + 1 };
}
