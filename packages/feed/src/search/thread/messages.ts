import type { ModelFacts, TextKind } from '../models/model.js';
import type { Near, Vectors } from '../vectors/nearest.js';

/** Which model a thread loads. */
export type ModelSource =
  | { readonly kind: 'onnx'; readonly folder: string }
  | { readonly kind: 'energetic' }
  | { readonly kind: 'lsa'; readonly state: Uint8Array };

/** What a thread can be asked, and what it answers. */
export interface Questions {
  /** Learns a model from texts. */
  fit: {
    ask: { readonly texts: readonly string[] };
    answer: { readonly id: string; readonly dimension: number; readonly state: Uint8Array };
  };
  load: { ask: { readonly source: ModelSource }; answer: ModelFacts };
  embed: { ask: { readonly texts: readonly string[]; readonly kind: TextKind }; answer: Float32Array[] };
  /** Takes vectors that this thread then looks through. */
  vectors: {
    ask: Vectors;
    answer: null;
  };
  nearest: {
    ask: {
      readonly query: Float32Array;
      readonly count: number;
      readonly least: number;
      readonly allowed: Uint8Array | undefined;
    };
    answer: Near[];
  };
}

export type Question = keyof Questions;

export type Request = {
  [Name in Question]: {
    readonly number: number;
    readonly question: Name;
    readonly ask: Questions[Name]['ask'];
  };
}[Question];

export type Reply =
  | { readonly number: number; readonly answer: Questions[Question]['answer'] }
  | { readonly number: number; readonly error: string };
