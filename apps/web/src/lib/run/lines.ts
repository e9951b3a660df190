import type { Role } from '@evenkeel/lab';
import { type Point, type Series, seriesAt, seriesOf } from '@evenkeel/lab/chart';

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
  /** What is drawn in place of the points where they end early. */
  readonly drawn?: readonly Point[];
}

const styleOf = ({ color, dash }: Series): LineStyle => ({ color: `--series-${color}`, dash });

/** A style for each of many lines without roles. */
export const lineStyleAt = (index: number): LineStyle => styleOf(seriesAt(index));

/** The style of each arm by name: the first method solid in the accent colour, the first baseline grey and dashed. */
export function lineStyles(
  arms: readonly { readonly name: string; readonly role: Role }[],
): ReadonlyMap<string, LineStyle> {
  const series = seriesOf(arms);
  return new Map(arms.map(({ name }, i) => [name, styleOf(series[i]!)]));
}
