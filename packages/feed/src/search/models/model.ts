/** What a model reads: a paper, or what somebody looks for. */
export type TextKind = 'paper' | 'query';

/** What is known of a model before it is used. */
export interface ModelFacts {
  /** The same for the same vectors, and for no others. */
  readonly id: string;
  /** What readers know it by. */
  readonly name: string;
  /** Numbers of a vector. */
  readonly dimension: number;
  /** Similarity from which on two texts have something to do with each other. */
  readonly least: number;
}

/** A model that is loaded, in a thread. */
export interface LoadedModel extends ModelFacts {
  /** A vector of length 1 for each text. */
  embed(texts: readonly string[], kind: TextKind): Promise<Float32Array[]>;
}
