import { networkOf } from '@evenkeel/feed';

/** Counts what each network tries within an hour, in this process only. */
export class Attempts {
  readonly #most: number;
  readonly #now: () => number;
  #counts = new Map<string, number>();
  #since: number;

  constructor(most: number, now = Date.now) {
    this.#most = most;
    this.#now = now;
    this.#since = now();
  }

  /** Whether a visitor may try once more; counts this try, whatever comes of it. */
  allow(visitor: string): boolean {
    if (this.#now() - this.#since >= 3600_000) {
      this.#counts = new Map();
      this.#since = this.#now();
    }
    const network = networkOf(visitor) ?? 'unknown';
    const count = (this.#counts.get(network) ?? 0) + 1;
    this.#counts.set(network, count);
    return count <= this.#most;
  }
}
