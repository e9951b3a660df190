/**
 * What is known of an axis: the channel of each of its indices, by number; or that its length is given from outside; or
 * that it may have any length, since it is made by repetition.
 */
export type Axis = Int32Array | 'fixed' | 'free';

/** Which channels of which tensors are one and the same: what must go together, and what must stay. */
export class Channels {
  readonly #parents: number[] = [];
  readonly #reasons = new Map<number, string>();

  /** Channels of an axis of which nothing is known yet. */
  fresh(count: number): Int32Array {
    return Int32Array.from({ length: count }, () => this.#parents.push(this.#parents.length) - 1);
  }

  /** The number that stands for a channel and all that are the same. */
  find(channel: number): number {
    let root = channel;
    while (this.#parents[root] !== root) root = this.#parents[root]!;
    for (let at = channel; at !== root; ) {
      const next = this.#parents[at]!;
      this.#parents[at] = root;
      at = next;
    }
    return root;
  }

  join(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    if (first === second) return;
    this.#parents[second] = first;
    const reason = this.#reasons.get(second);
    if (reason !== undefined && !this.#reasons.has(first)) this.#reasons.set(first, reason);
  }

  /** These channels must stay. */
  keep(axis: Axis | undefined, reason: string): void {
    if (!(axis instanceof Int32Array)) return;
    for (const channel of axis) {
      const root = this.find(channel);
      if (!this.#reasons.has(root)) this.#reasons.set(root, reason);
    }
  }

  /** Why a channel must stay; undefined when it need not. */
  reason(channel: number): string | undefined {
    return this.#reasons.get(this.find(channel));
  }

  /** Two axes of one length that are one axis from here on. */
  meet(a: Axis, b: Axis, operation: string): Axis {
    if (a === 'free') return b;
    if (b === 'free') return a;
    if (a === 'fixed' || b === 'fixed') {
      const labelled = a === 'fixed' ? b : a;
      this.keep(labelled, `\`${operation}\` combines it with something whose length is given`);
      return labelled;
    }
    for (const [i, channel] of a.entries()) this.join(channel, b[i]!);
    return a;
  }
}
