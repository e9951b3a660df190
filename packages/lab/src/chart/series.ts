import type { Role } from '../experiment.js';

/** How a line looks, told apart by dash as well as by colour. */
export interface Series {
  /** Number of its colour, from 1 to 6. */
  readonly color: number;
  /** Lengths of dash and gap in pixels; empty for a solid line. */
  readonly dash: readonly number[];
}

const baselineLook: Series = { color: 1, dash: [7, 4] };
const methodLook: Series = { color: 2, dash: [] };
const others: readonly Series[] = [
  { color: 3, dash: [3, 3] },
  { color: 4, dash: [12, 3, 3, 3] },
  { color: 5, dash: [1, 3] },
  { color: 6, dash: [16, 4] },
];
const all: readonly Series[] = [methodLook, ...others, baselineLook];

/** A look for each of many lines without roles; the first 36 differ. */
export const seriesAt = (index: number): Series => lookAt(all, index);

/**
 * The looks of the arms, in their order: the first method solid in colour 2, the first baseline dashed in colour 1. The
 * first 18 differ.
 */
export function seriesOf(arms: readonly { readonly role: Role }[]): Series[] {
  const method = arms.findIndex(({ role }) => role === 'method');
  const baseline = arms.findIndex(({ role }) => role === 'baseline');
  let turn = 0;
  return arms.map((_, i) => {
    if (i === method) return methodLook;
    if (i === baseline) return baselineLook;
    return lookAt(others, turn++);
  });
}

/** Once the looks are used up, their colours come with other dashes. */
function lookAt(looks: readonly Series[], index: number): Series {
  const round = Math.floor(index / looks.length);
  const { color } = looks[index % looks.length]!;
  const { dash } = looks[(index + round) % looks.length]!;
  return { color, dash };
}
