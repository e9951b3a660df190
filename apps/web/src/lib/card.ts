import type { PaperVerdict } from '@evenkeel/lab';

/** How far a paper has come here: its recorded verdict, runnable without one, or not implemented. */
export type Standing = PaperVerdict | 'runs here' | 'not implemented';

/** A paper as lists show it. */
export interface Card {
  readonly id: string;
  readonly title: string;
  /** One sentence. */
  readonly summary?: string;
  readonly family?: string;
  /** `YYYY-MM-DD`. */
  readonly publishedOn?: string;
  readonly authorCount?: number;
  readonly standing: Standing;
}
