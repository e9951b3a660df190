import { describe, expect, it } from 'vitest';
import { barMetrics, findingTitle, measuredText, recordedLines } from './findings.js';
import { lineStyles } from './lines.js';
import { syntheticResults } from './testing/synthetic.js';

const results = syntheticResults();
const [loss, score] = results.metrics;

describe('the findings', () => {
  it('are titled by what method and baseline reached', () => {
    expect(findingTitle(results, score!)).toBe('Score: BETTER 90.0 % ± 2.0 %, PLAIN 20.0 % ± 0.0 %');
  });

  it('draw the headline first, and no metric of which neither more nor less is better', () => {
    expect(barMetrics(results)).toEqual([score, loss]);
    const neither = { ...loss!, better: 'neither' as const };
    expect(barMetrics({ ...results, metrics: [neither, score!] })).toEqual([score]);
  });

  it('draw for each arm the mean line and a line for each seed', () => {
    const better = recordedLines(results, score!).find(({ name }) => name === 'better');
    expect(better?.points).toHaveLength(1);
    expect(better?.points[0]?.value).toBeCloseTo(0.9);
    expect(better?.seeds).toHaveLength(3);
  });

  it('leave out lines of a metric that was not drawn', () => {
    expect(recordedLines(results, { ...score!, name: 'unknown' })).toEqual([]);
  });

  it('write a measured difference in points with its sign', () => {
    const condition = results.claims[0]!.conditions[0]!;
    expect(measuredText(condition, results.metrics)).toBe('+68.0 points');
    expect(measuredText({ ...condition, value: -0.02 }, results.metrics)).toBe('−2.0 points');
  });
});

describe('lineStyles', () => {
  it('tells six arms apart by colour and by dash', () => {
    const arms = ['baseline', 'method', 'ablation', 'ablation', 'baseline', 'ablation'] as const;
    const styles = lineStyles(arms.map((role, i) => ({ name: `arm ${i}`, role })));
    expect(styles.get('arm 1')).toEqual({ color: '--series-2', dash: [] });
    const colors = new Set([...styles.values()].map(({ color }) => color));
    const dashes = new Set([...styles.values()].map(({ dash }) => dash.join(' ')));
    expect([colors.size, dashes.size]).toEqual([6, 6]);
  });
});
