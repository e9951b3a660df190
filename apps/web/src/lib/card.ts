import type { Typeset } from '@evenkeel/feed';
import type { PaperVerdict } from '@evenkeel/lab';
import type { Spark } from './server/spark.js';

/** How far a paper has come here: its recorded verdict, runnable without one, or not implemented. */
export type Standing = PaperVerdict | 'runs here' | 'not implemented';

/** A paper as lists show it. */
export interface Card {
  readonly id: string;
  readonly title: Typeset;
  /** One sentence. */
  readonly summary?: Typeset;
  readonly family?: string;
  /** `YYYY-MM-DD`. */
  readonly publishedOn?: string;
  readonly authorCount?: number;
  readonly upvotes?: number;
  readonly commentCount?: number;
  readonly standing: Standing;
  /** Where it was run. */
  readonly spark?: Spark;
}
