import { html } from './html.js';

/** How report pages look: on screens in light and dark, and on paper. */
export const style = html`<style>
:root {
  color-scheme: light dark;
  --paper: #fbfbf9; --raised: #fff; --text: #17212b; --muted: #55616d; --border: #dfe3e6; --edge: #7d8994;
  --accent: #0a5f78; --good: #1b6e3c; --some: #855600; --bad: #9a3f2b;
  --c1: #5b6672; --c2: #0a5f78; --c3: #935800; --c4: #8a3b7a; --c5: #2f7038; --c6: #a33d24;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #10161b; --raised: #18212a; --text: #e3e8ec; --muted: #9eabb6; --border: #2b3640; --edge: #64727f;
    --accent: #6cc4dc; --good: #7ccf9a; --some: #e2b45c; --bad: #ef9b84;
    --c1: #a3afba; --c2: #6cc4dc; --c3: #e0a850; --c4: #d996cc; --c5: #86c786; --c6: #eb9078;
  }
}
*, *::before, *::after { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 24px clamp(16px, 4vw, 40px) 64px; max-width: 1080px; background: var(--paper); color: var(--text);
  font: 100%/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; text-size-adjust: 100%;
}
h1, h2, h3 { font-family: 'Iowan Old Style', Palatino, 'URW Palladio L', Georgia, 'Liberation Serif', serif; line-height: 1.25; text-wrap: balance; }
h1 { margin: 4px 0 8px; font-size: 2rem; }
h2 { margin: 40px 0 8px; padding-top: 16px; border-top: 1px solid var(--border); font-size: 1.375rem; }
h3 { margin: 16px 0 8px; font-size: 1.0625rem; }
p { margin: 0 0 8px; max-width: 72ch; }
a { color: var(--accent); }
ul, ol { margin: 0; padding: 0; list-style: none; }
.note, .axis, .kicker, dt, caption, i { color: var(--muted); font-size: 0.8125rem; }
.verdict { font-weight: 600; white-space: nowrap; }
.good { color: var(--good); } .some { color: var(--some); } .bad { color: var(--bad); } .none { color: var(--muted); }
.result { font-size: 1.125rem; }
.claims > li { margin: 16px 0; }
.conditions > li { display: grid; grid-template-columns: 24px minmax(0, 1fr); margin: 12px 0; break-inside: avoid; }
.conditions p { margin: 0; }
figure { margin: 16px 0 24px; min-width: 0; break-inside: avoid; }
figcaption { margin-bottom: 4px; font-weight: 600; }
.axis { margin: 0 0 4px; }
.across { text-align: center; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0 32px; align-items: start; }
.pair > * { min-width: 0; }
svg { display: block; overflow: visible; }
svg text { fill: var(--muted); font-size: 0.75rem; }
.chart { display: flex; margin: 12px 0 4px; }
.ticks { flex: none; }
.ticks text { text-anchor: end; }
.plot { flex: 1 1 0; min-width: 0; }
.grid { stroke: var(--border); }
.line { fill: none; stroke-width: 2; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.band { opacity: 0.18; }
.ends { position: relative; flex: none; max-width: 35%; padding-left: 8px; font-size: 0.8125rem; font-weight: 600; line-height: 18px; }
.end { position: absolute; inset-inline: 8px 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.room { display: block; height: 0; overflow: hidden; white-space: nowrap; visibility: hidden; }
.legend { display: none; font-size: 0.8125rem; font-weight: 600; }
.legend li { display: flex; gap: 6px; align-items: center; }
.c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); } .c4 { color: var(--c4); } .c5 { color: var(--c5); } .c6 { color: var(--c6); }
.s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); } .s3 { stroke: var(--c3); } .s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); } .s6 { stroke: var(--c6); }
.f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); } .f4 { fill: var(--c4); } .f5 { fill: var(--c5); } .f6 { fill: var(--c6); }
.bars { font-size: 0.875rem; }
.bars li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 16px; padding: 2px 8px 0; }
.bars svg { grid-row: 2; grid-column: 1 / -1; }
.bars b { white-space: nowrap; }
.bars rect { opacity: 0.7; }
.zero { stroke: var(--edge); }
.interval { stroke: var(--text); stroke-width: 2; }
circle { fill: var(--raised); stroke: var(--text); stroke-width: 1.5; }
.sure { max-width: 28rem; margin: 6px 8px; width: calc(100% - 16px); }
.wanted { fill: var(--good); opacity: 0.15; }
.threshold { stroke: var(--good); stroke-width: 2; stroke-dasharray: 4 3; }
details { margin-top: 4px; font-size: 0.8125rem; }
summary { color: var(--accent); cursor: pointer; width: fit-content; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.875rem; }
details table { font-size: 0.8125rem; }
caption { padding: 4px 0; text-align: start; }
th, td { padding: 3px 16px 3px 0; border-bottom: 1px solid var(--border); text-align: start; vertical-align: top; overflow-wrap: normal; }
td { text-align: end; white-space: nowrap; }
td.text { text-align: start; white-space: normal; }
pre { margin: 0; padding: 12px; max-height: 24rem; overflow: auto; border: 1px solid var(--border); border-radius: 4px; background: var(--raised); font: 0.8125rem/1.45 ui-monospace, Menlo, Consolas, 'Liberation Mono', monospace; white-space: pre-wrap; }
.pixels { display: block; width: min(100%, 24rem); height: auto; border: 1px solid var(--border); image-rendering: pixelated; }
.scale { display: flex; gap: 8px; align-items: center; margin-top: 4px; font-size: 0.75rem; }
.scale img { width: 8rem; height: 10px; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; margin: 0; font-size: 0.875rem; }
dd { margin: 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 34rem) {
  .ends { display: none; }
  .legend { display: grid; gap: 2px; }
  dl { grid-template-columns: minmax(0, 1fr); } dd { margin-bottom: 8px; }
}
@media print {
  :root { color-scheme: only light; }
  body { padding: 0; max-width: none; background: #fff; font-size: 10pt; }
  details, pre { max-height: none; } details:not([open]) { display: none; }
  .band, rect, .pixels { print-color-adjust: exact; }
}
</style>`;
