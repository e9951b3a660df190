const mostShown = 3;

/** Characters of a name that are compared: names come from users. */
const longestName = 60;

/**
 * The candidates that a mistyped name most likely meant, best first, at most three: those that contain it, then by
 * edit distance to the candidate or to one of its words. Upper and lower case are the same.
 */
export function nearest(name: string, candidates: readonly string[]): string[] {
  const wanted = name.slice(0, longestName).toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distanceTo(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0]?.distance ?? 0;
  return ranked
    .filter(({ distance }) => distance <= best + 1)
    .slice(0, mostShown)
    .map(({ candidate }) => candidate);
}

function distanceTo(wanted: string, candidate: string): number {
  if (wanted !== '' && candidate.includes(wanted)) return 0;
  return Math.min(...[candidate, ...candidate.split(/[\s-]+/)].map((word) => editDistance(wanted, word)));
}

/** Levenshtein's distance: insertions, deletions and replacements of one character. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const current = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = previous[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[to.length]!;
}
