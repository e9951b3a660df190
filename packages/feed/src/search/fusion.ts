/** Damps the difference between the first ranks. */
const k = 60;

/** A list of papers, best first, and how much its ranks count. */
export interface RankedList {
  readonly ids: readonly string[];
  readonly weight: number;
}

export interface Fused {
  readonly id: string;
  readonly score: number;
}

/**
 * Reciprocal-rank fusion: a paper's score is Σ weight / (60 + rank) over the lists it stands on, so that lists whose
 * own scores cannot be compared become one. Equal scores stand in the order of the first list that has one of them.
 */
export function fuse(lists: readonly RankedList[]): Fused[] {
  const scores = new Map<string, number>();
  for (const { ids, weight } of lists) {
    ids.forEach((id, index) => {
      scores.set(id, (scores.get(id) ?? 0) + weight / (k + index + 1));
    });
  }
  return [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score);
}
