import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Results } from '../results.js';
import { readMarkup } from '../testing/markup.js';
import { richResults } from '../testing/rich.js';
import type { ReportFacts } from './facts.js';
import { indexPage } from './indexPage.js';
import { reportPage } from './reportPage.js';

const results = await richResults();
const facts = {
  title: 'A paper about climbing',
  summary: 'It climbs.',
  arxivId: '2501.00001',
  repository: 'https://example.org/code',
  date: '2025-01-01',
  published: [{ setting: 'Everest', values: [{ arm: 'oxygen', value: '8,849 m' }] }],
} satisfies ReportFacts;

const meanings = new Set(['kind', 'role', 'unit', 'better', 'over', 'verdict', 'finishedAt', 'pixels']);

/** A copy of a value in which every text passes through `change`, apart from those with a meaning. */
function mapTexts<T>(value: T, change: (text: string) => string, key = ''): T {
  if (typeof value === 'string') return (meanings.has(key) ? value : change(value)) as T;
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const isByName = key === 'metrics' || key === 'versions';
  const entries = Object.entries(value).map(([name, each]) => [
    isByName ? change(name) : name,
    mapTexts(each, change, isByName ? '' : name),
  ]);
  return Object.fromEntries(entries) as T;
}

describe('a report page', () => {
  const page = reportPage(results, facts);
  const { elements, attributes, text } = readMarkup(page);

  it('says question, verdict, claims and how sure they are', () => {
    expect(text).toContain('Which one climbs higher, and what does it cost?');
    expect(text).toContain('◐ partly: 1 of 2 tested claims shows, with 3 seeds.');
    expect(text).toContain('● shows The method learns more.');
    expect(text).toContain('– not tested here It scales.');
    expect(text).toMatch(
      /minus Plain training ≥ 5 points\n?\+10\.6 points, 95 % interval \+8\.8 to \+12\.3, 3 seeds/,
    );
  });

  it('draws every metric, every curve and every exhibit, each with a data table where it has numbers', () => {
    const count = (name: string) => elements.filter((each) => each === name).length;
    // 4 metrics, 2 curves and 5 exhibits of 2 arms.
    expect(count('figure')).toBe(4 + 2 + 10);
    expect(count('details')).toBe(4 + 2 + 4);
    expect(count('img')).toBe(2 * (1 + 1 + 2));
    expect(count('pre')).toBe(2);
  });

  it('sets published figures beside those measured here', () => {
    expect(text).toMatch(/The paper reportsEverest\s*oxygen8,849 mMeasured here/);
  });

  it('tells seeds, machine, versions and date', () => {
    for (const fact of [
      '0, 1, 2',
      'A processor, 2 cores, any',
      'evenkeel 0.1.0, node 20.0.0',
      '2026-01-31, 12:34 UTC',
    ])
      expect(text).toContain(fact);
  });

  it('asks for nothing from outside and runs nothing', () => {
    const fetched = attributes.filter(({ name }) => name === 'src').map(({ value }) => value);
    expect(fetched.every((address) => address.startsWith('data:image/bmp;base64,'))).toBe(true);
    const links = attributes.filter(({ name }) => name === 'href').map(({ value }) => value);
    expect(links).toEqual(['https://arxiv.org/abs/2501.00001', 'https://example.org/code']);
    expect(page).not.toMatch(/url\(|@import|<script/);
  });

  it('has no links for addresses that are not https', () => {
    const odd = reportPage(results, { title: 'x', repository: 'javascript:alert(1)' });
    expect(readMarkup(odd).attributes.filter(({ name }) => name === 'href')).toEqual([]);
  });

  it('never turns text into elements', () => {
    const hostile = fc.oneof(
      fc.constantFrom(
        '<script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        "' onload='alert(1)",
        '</style><svg onload=alert(1)>',
        '<!--',
        '&lt;b&gt;',
        ']]>',
        '\u0000<\u202e>',
        '</title><b>',
      ),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(hostile, (bad) => {
        const change = (text: string) => `${bad}${text}`;
        const read = readMarkup(
          reportPage(mapTexts<Results>(results, change), mapTexts<ReportFacts>(facts, change)),
        );
        // The official code is no https address any more and loses its link.
        const expected = elements.filter((name) => name !== 'a').length;
        expect(read.elements.filter((name) => name !== 'a')).toHaveLength(expected);
        const shown = bad.replace(/(?![\t\n])\p{Cc}/gu, '\ufffd');
        expect(read.text).toContain(`${shown}The method learns more.`);
        expect(read.text).toContain(`${shown}8,849 m`);
        const file = `${bad}.html`;
        const index = readMarkup(
          indexPage([{ file, title: bad, results: mapTexts<Results>(results, change) }]),
        );
        const [link] = index.attributes.filter(({ name }) => name === 'href');
        expect(link!.value.startsWith('./')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('draws every finite number somewhere', () => {
    const number = fc.double({ noNaN: true, min: -1e300, max: 1e300 });
    fc.assert(
      fc.property(number, number, (scale, shift) => {
        const move = (value: number) => Math.min(Math.max(value * scale + shift, -1e300), 1e300);
        const moved = moveNumbers(results, move);
        const { attributes: drawn } = readMarkup(reportPage(moved, facts));
        expect(drawn.filter(({ value }) => /NaN|Infinity|undefined/.test(value))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves out what there is nothing of', () => {
    const arms = results.arms.map((arm) => ({
      ...arm,
      runs: arm.runs.map(({ exhibits: _, ...run }) => ({ ...run, curve: [] })),
    }));
    const { text: short } = readMarkup(reportPage({ ...results, arms }, { title: 'Bare' }));
    for (const part of ['Learning curves', 'Published and measured', 'To look at'])
      expect(short).not.toContain(part);
  });
});

/** Results with other measurements. */
function moveNumbers(from: Results, move: (value: number) => number): Results {
  const moveAll = (metrics: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, move(value)]));
  const interval = (low: number, high: number) => ({ low: Math.min(low, high), high: Math.max(low, high) });
  return {
    ...from,
    claims: from.claims.map((claim) => ({
      ...claim,
      conditions: claim.conditions.map((each) => ({
        ...each,
        value: move(each.value),
        values: each.values.map(move),
        interval: interval(move(each.interval.low), move(each.interval.high)),
      })),
    })),
    arms: from.arms.map((arm) => ({
      ...arm,
      metrics: Object.fromEntries(
        Object.entries(arm.metrics).map(
          ([
            name,
            {
              mean,
              std,
              interval: { low, high },
            },
          ]) => [
            name,
            { mean: move(mean), std: Math.abs(move(std)), interval: interval(move(low), move(high)) },
          ],
        ),
      ),
      runs: arm.runs.map((run) => ({
        ...run,
        metrics: moveAll(run.metrics),
        curve: run.curve.map(({ step, metrics }) => ({ step, metrics: moveAll(metrics) })),
      })),
    })),
  };
}

describe('the index', () => {
  it('leads to every page with its verdict and its main comparison', () => {
    const { text, attributes } = readMarkup(indexPage([{ file: 'climb.html', title: 'Climbing', results }]));
    expect(attributes).toContainEqual({ name: 'href', value: './climb.html' });
    expect(text).toContain('● reproduced: 0, ◐ partly: 1, ○ not reproduced: 0');
    expect(text).toContain('+10.6 points, 95 % interval +8.8 to +12.3, 3 seeds');
  });
});
