import { describe, expect, it } from 'vitest';
import { barMetrics, findingTitle, measuredText, recordedLines } from './findings.js';
import { lineStyles } from './lines.js';
import { syntheticResults } from './testing/synthetic.js';

const results = syntheticResults();
const [loss, score] = results.metrics;

describe('the findings', () => {
  it('are titled by what method and baseline reached', () => {
    expect(findingTitle(results, score!)).toBe(
      'Score: BETTER 90.0 %, PLAIN 20.0 % (+70.0 points, 95 % interval +68.0 to +72.0, 3 seeds)',
    );
  });

  it('draw the headline first, and no metric of which neither more nor less is better', () => {
    expect(barMetrics(results)).toEqual([score, loss]);
    const neither = { ...loss!, better: 'neither' as const };
    expect(barMetrics({ ...results, metrics: [neither, score!] })).toEqual([score]);
  });

  it('draw for each arm the mean line in the band of its seeds', () => {
    const better = recordedLines(results, score!).find(({ name }) => name === 'better');
    expect(better?.points).toHaveLength(1);
    expect(better?.points[0]?.value).toBeCloseTo(0.9);
    expect(better?.points[0]).toMatchObject({ low: 0.88, high: 0.92 });
  });

  it('leave out lines of a metric that was not drawn', () => {
    expect(recordedLines(results, { ...score!, name: 'unknown' })).toEqual([]);
  });

  it('write a measured difference in points with its sign, and how sure its mean is', () => {
    const condition = results.claims[0]!.conditions[0]!;
    expect(measuredText(condition, results.metrics)).toBe(
      '+68.0 points in the worst seed; mean +70.0 points, 95 % interval +68.0 to +72.0, 3 seeds',
    );
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
