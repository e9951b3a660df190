import type { Exhibit, LinesExhibit, Results } from '@evenkeel/lab';

/** What several arms show under one title, side by side. */
export interface ExhibitGroup {
  readonly title: string;
  readonly items: readonly ExhibitItem[];
}

export interface ExhibitItem {
  readonly arm: string;
  readonly label: string;
  readonly exhibit: Exhibit;
}

export interface ShowingArm {
  readonly name: string;
  readonly label: string;
  readonly exhibits: readonly Exhibit[];
}

/** Exhibits by title, in the order in which the arms first show them. */
export function groupExhibits(arms: readonly ShowingArm[]): ExhibitGroup[] {
  const titles = new Set(arms.flatMap(({ exhibits }) => exhibits.map(({ title }) => title)));
  return [...titles].map((title) => ({
    title,
    items: arms.flatMap(({ name, label, exhibits }) =>
      exhibits.filter((exhibit) => exhibit.title === title).map((exhibit) => ({ arm: name, label, exhibit })),
    ),
  }));
}

/**
 * One chart with a line for each arm, named like the arm, where every one of several arms shows a single line over the
 * same axes; undefined elsewhere.
 */
export function joinedLines(items: readonly ExhibitItem[]): LinesExhibit | undefined {
  const lines = items.flatMap(({ label, exhibit }) =>
    exhibit.kind === 'lines' && exhibit.lines.length === 1 ? [{ label, exhibit }] : [],
  );
  const [first] = lines;
  if (!first || lines.length < 2 || lines.length < items.length) return undefined;
  const { xAxis, yAxis } = first.exhibit;
  if (lines.some(({ exhibit }) => exhibit.xAxis !== xAxis || exhibit.yAxis !== yAxis)) return undefined;
  return {
    ...first.exhibit,
    lines: lines.map(({ label, exhibit }) => ({ label, points: exhibit.lines[0]!.points })),
  };
}

/** What the arms of recorded results show, each with the first seed that shows anything. */
export function recordedExhibits({ arms }: Results): ShowingArm[] {
  return arms.map(({ name, label, runs }) => ({
    name,
    label,
    exhibits: runs.find(({ exhibits }) => exhibits)?.exhibits ?? [],
  }));
}
