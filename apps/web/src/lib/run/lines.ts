import type { Role } from '@evenkeel/lab';
import type { Point } from './geometry.js';

/** How an arm's line looks. Told apart by dash as well as by colour. */
export interface LineStyle {
  /** A colour variable of the site, such as `--series-2`. */
  readonly color: string;
  /** Lengths of dash and gap in pixels; empty for a solid line. */
  readonly dash: readonly number[];
}

/** A line of a chart. */
export interface Line extends LineStyle {
  readonly name: string;
  readonly label: string;
  readonly points: readonly Point[];
}

const others: readonly LineStyle[] = [
  { color: '--series-3', dash: [3, 3] },
  { color: '--series-4', dash: [12, 3, 3, 3] },
  { color: '--series-5', dash: [1, 3] },
  { color: '--series-6', dash: [16, 4] },
];

/** The style of each arm by name: the first method solid in the accent colour, the first baseline grey and dashed. */
export function lineStyles(
  arms: readonly { readonly name: string; readonly role: Role }[],
): ReadonlyMap<string, LineStyle> {
  const method = arms.find(({ role }) => role === 'method');
  const baseline = arms.find(({ role }) => role === 'baseline');
  let turn = 0;
  return new Map(
    arms.map((arm): [string, LineStyle] => {
      if (arm === method) return [arm.name, { color: '--series-2', dash: [] }];
      if (arm === baseline) return [arm.name, { color: '--series-1', dash: [7, 4] }];
      return [arm.name, others[turn++ % others.length] as LineStyle];
    }),
  );
}
