import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { Run } from '@evenkeel/lab';
import { describe, expect, it } from 'vitest';
import { showBoard } from './boardView.js';
import { syntheticExperiment } from './testing/synthetic.js';

const task = { paper: 'climb', arm: 'ladder', seed: 3 };
const run: Run = { arm: 'ladder', seed: 3, metrics: { score: 0.93, height: 93 }, seconds: 12, curve: [] };

/** What is written while one of two experiments has a run done and is then judged. */
function show(terminal: { isTTY: boolean; columns?: number; rows?: number }): string {
  const pieces: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      pieces.push(String(chunk));
      done();
    },
  });
  const experiments = ['climb', 'stroll'].map((slug) => ({
    experiment: syntheticExperiment({ slug }),
    runs: [],
  }));
  const view = showBoard(Object.assign(stream, terminal), experiments, 2);
  view.started(task);
  view.progressed(task, { step: 4, steps: 10, metrics: { score: 0.36 } });
  view.finished(task, run);
  view.ended('climb', '● reproduced');
  view.stop();
  return pieces.join('');
}

describe('the view of the board', () => {
  it('writes plain lines where there is no terminal', () => {
    expect(show({ isTTY: false }).split('\n')).toEqual([
      'climb [0/6] ladder arm, seed 3: started',
      'climb [1/6] ladder arm, seed 3: done, score 93.0 %, height 93, 12 s',
      'climb: ● reproduced',
      '',
    ]);
  });

  it('draws a line for each experiment on a terminal, leaves the last state and shows the cursor again', () => {
    const written = show({ isTTY: true, columns: 60, rows: 10 });
    const lines = stripVTControlCharacters(written).split('\n');
    expect(lines.slice(-3)).toEqual([
      expect.stringMatching(/^climb {3}1\/6 {2}● reproduced {2}\d+ s, about 30 s to go$/),
      'stroll  0/6  waiting',
      '',
    ]);
    expect(written.indexOf('\u001b[?25l')).toBeGreaterThanOrEqual(0);
    expect(written.endsWith('\n')).toBe(true);
    expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'));
  });

  it.each([8, 20, 33])('never fills a line of %i columns', (columns) => {
    const written = show({ isTTY: true, columns, rows: 10 });
    for (const line of stripVTControlCharacters(written).split(/\n|\r/))
      expect([...line].length).toBeLessThan(columns);
  });

  it('never takes more lines than the terminal has', () => {
    const written = show({ isTTY: true, columns: 60, rows: 2 });
    expect(written.match(/\n/g)).toHaveLength(1);
    expect(stripVTControlCharacters(written)).toContain('and 2 more: 2 waiting');
  });
});
