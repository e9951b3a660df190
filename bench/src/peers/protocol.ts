// What a peer understands: one JSON request a line on standard input, one JSON reply a line on standard output.

export type Request =
  | { readonly command: 'describe' }
  /** Loads a workload from a folder (see exchange.ts). */
  | { readonly command: 'prepare'; readonly workload: string; readonly folder: string }
  /** Writes the gradients of what was prepared, at its start, into a file. */
  | { readonly command: 'differentiate'; readonly file: string }
  /** Takes training steps. */
  | { readonly command: 'run'; readonly steps: number }
  | { readonly command: 'memory' }
  /** Makes an operation of bench/src/operators ready. */
  | { readonly command: 'operator'; readonly name: string }
  /** Lets the engine's form of that operation and the others take turns for so many rounds more. */
  | { readonly command: 'contest'; readonly rounds: number }
  /** Calls that operation so often. */
  | { readonly command: 'measure'; readonly repeats: number };

/** Name and version of what computes. */
export interface Described {
  readonly name: string;
  readonly version: string;
}

export interface Differentiated {
  readonly loss: number;
}

export interface Ran {
  /** Wall time of each step. */
  readonly milliseconds: readonly number[];
  /** Time of all threads, user and system, for all steps together. */
  readonly cpuMilliseconds: number;
  /** Of the last step, before its update. */
  readonly loss: number;
}

/** Processor times of a call in milliseconds, minima over the rounds so far. */
export interface FormTimes {
  readonly ours: number;
  /** Other ways to write the operation, by name. */
  readonly forms: Readonly<Record<string, number>>;
}

export interface Measured {
  /** Of all threads, user and system, for a call. */
  readonly cpuMilliseconds: number;
}

export interface Memory {
  /** Largest resident size of the process so far, in bytes. */
  readonly peakBytes: number;
}
