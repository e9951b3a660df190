import { scaleLinear } from 'd3-scale';
import { niceDomain } from '../chart/geometry.js';
import { formatDifference, formatMeasured, formatMetric } from '../format.js';
import type { JudgedClaim, JudgedCondition, Results } from '../results.js';
import { acrossTicks } from './chart.js';
import { type Html, html } from './html.js';
import { counted, formatTick, rounded } from './numbers.js';

/** Marks that go with the words of a verdict, so that it is told by shape as well as by colour. */
const marks = {
  reproduced: '●',
  partly: '◐',
  'not reproduced': '○',
  shows: '●',
  'does not show': '○',
  'not tested here': '–',
} as const;

const classes = {
  reproduced: 'good',
  partly: 'some',
  'not reproduced': 'bad',
  shows: 'good',
  'does not show': 'bad',
  'not tested here': 'none',
} as const satisfies Record<keyof typeof marks, string>;

/** A verdict as a word with its mark. */
export function verdictBadge(verdict: keyof typeof marks): Html {
  return html`<span class="verdict ${classes[verdict]}">${marks[verdict]} ${verdict}</span>`;
}

/** On how many claims and seeds the verdict rests. */
export function verdictText({ claims, seeds }: Pick<Results, 'claims' | 'seeds'>): string {
  const tested = claims.filter(({ verdict }) => verdict !== 'not tested here');
  const shown = tested.filter(({ verdict }) => verdict === 'shows');
  return `${shown.length} of ${counted(tested.length, 'tested claim')} ${shown.length === 1 ? 'shows' : 'show'}, with ${counted(seeds.length, 'seed')}`;
}

/** Every claim with what was measured for it and how sure that is. */
export function claimsSection(results: Results): Html {
  return html`<section><h2>Claims</h2>
<p class="note">What would count was fixed before anything ran. A claim about a mean shows only where the whole 95 % interval lies on the right side of the threshold.</p>
<ol class="claims">${results.claims.map((claim) => claimItem(claim, results))}</ol></section>`;
}

function claimItem({ statement, verdict, conditions, reason }: JudgedClaim, results: Results): Html {
  return html`<li><p>${verdictBadge(verdict)} ${statement}</p>${reason === undefined ? undefined : html`<p class="note">${reason}</p>`}
${conditions.length === 0 ? undefined : html`<ul class="conditions">${conditions.map((each) => conditionItem(each, results))}</ul>`}</li>`;
}

function conditionItem(judged: JudgedCondition, { metrics, seeds }: Results): Html {
  const metric = metrics.find(({ name }) => name === judged.condition.metric) ?? { unit: 'number' as const };
  const { minus } = judged.condition;
  const write = (value: number) =>
    minus === undefined ? formatMetric(value, metric) : formatDifference(value, metric);
  const values = judged.values.map((value, i) => `seed ${seeds[i]}: ${write(value)}`);
  return html`<li><span class="${judged.holds ? 'good' : 'bad'}" role="img" aria-label="${judged.holds ? 'holds' : 'does not hold'}">${judged.holds ? '✓' : '✗'}</span>
<div><p>${judged.text}</p><p>${formatMeasured(judged, metric)}</p>
${intervalPlot(judged, (value) => formatTick(value, metric))}
<p class="note">${values.join(', ')}</p></div></li>`;
}

const plotHeight = 40;
const plotMiddle = 14;

/** The seeds, the interval of their mean, and the threshold with the side on which values must lie. */
function intervalPlot(
  { condition, values, interval }: JudgedCondition,
  tick: (value: number) => string,
): Html {
  const threshold = condition.atLeast ?? condition.atMost!;
  const x = scaleLinear(niceDomain([...values, interval.low, interval.high, threshold]), [0, 100]).clamp(
    true,
  );
  const share = (value: number) => `${rounded(x(value))}%`;
  const wanted = condition.atLeast === undefined ? [0, x(threshold)] : [x(threshold), 100];
  return html`<svg class="sure" width="100%" height="${plotHeight}" aria-hidden="true"><rect class="wanted" x="${rounded(wanted[0]!)}%" y="2" width="${rounded(wanted[1]! - wanted[0]!)}%" height="${2 * (plotMiddle - 2)}"/><line class="threshold" x1="${share(threshold)}" x2="${share(threshold)}" y1="0" y2="${2 * plotMiddle}"/><line class="interval" x1="${share(interval.low)}" x2="${share(interval.high)}" y1="${plotMiddle}" y2="${plotMiddle}"/>${values.map((value) => html`<circle cx="${share(value)}" cy="${plotMiddle}" r="4"/>`)}${acrossTicks(x, plotHeight - 2, tick)}</svg>`;
}
