import { describe, expect, it } from 'vitest';
import { characterWindows } from './characterWindows.js';
import { domainTokens } from './domainTokens.js';
import { groupMeans } from './groupMeans.js';
import { routedTasks } from './routedTasks.js';
import { moments, sampleText, sharesOf } from './testing/samples.js';

describe('domainTokens', () => {
  const { inputs, targets, domains } = domainTokens({ seed: 0, batches: 50 }).columns;

  it('puts one domain in each micro-batch, two micro-batches of each', () => {
    expect([inputs.shape, targets.shape]).toEqual([
      [50, 8, 32, 12],
      [50, 8, 32],
    ]);
    expect([...domains.data.subarray(0, 8)]).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it('tells the domain by a noisy one-hot vector', () => {
    const residuals = Array.from(inputs.data).flatMap((value, i) => {
      const [column, micro] = [i % 12, Math.floor(i / 12 / 32)];
      return column < 8 ? [] : [value - Number(column - 8 === domains.data[micro])];
    });
    expect(moments(residuals).mean).toBeCloseTo(0, 1.7);
    expect(Math.sqrt(moments(residuals).variance)).toBeCloseTo(0.3, 1.7);
  });

  it('has one function for each domain: the same for another seed', () => {
    const linear = (seed: number, domain: number) => {
      const { inputs, targets, domains } = domainTokens({ seed, batches: 300 }).columns;
      let sum = 0;
      let count = 0;
      targets.data.forEach((target, i) => {
        if (domains.data[Math.floor(i / 32)] !== domain) return;
        sum += target * inputs.data[12 * i]!;
        count += 1;
      });
      return sum / count;
    };
    for (const domain of [0, 1, 2, 3])
      expect(Math.abs(linear(1, domain) - linear(2, domain))).toBeLessThan(0.1);
    expect(
      Math.max(...[1, 2, 3].map((domain) => Math.abs(linear(1, 0) - linear(1, domain)))),
    ).toBeGreaterThan(0.1);
  });
});

describe('groupMeans', () => {
  it('aims at the mean value of the tokens of a group in the same sample', () => {
    const { inputs, targets, groups } = groupMeans({ seed: 0, samples: 10 }).columns;
    expect(inputs.shape).toEqual([10, 32, 7]);
    for (let token = 0; token < 320; token++) {
      const first = token - (token % 32);
      const own = Array.from({ length: 32 }, (_, i) => first + i).filter(
        (i) => groups.data[i] === groups.data[token],
      );
      expect(targets.data[token]).toBeCloseTo(moments(own.map((i) => inputs.data[7 * i + 6]!)).mean, 5);
    }
  });

  it('scatters tokens around the prototypes of its world', () => {
    const views = (seed: number) => {
      const { inputs, groups } = groupMeans({ seed }).columns;
      return moments(
        Array.from(groups.data).flatMap((group, i) => (group === 2 ? [inputs.data[7 * i]!] : [])),
      );
    };
    expect(views(1).mean).toBeCloseTo(views(2).mean, 1.5);
    expect(Math.sqrt(views(1).variance)).toBeCloseTo(0.3, 1.7);
    expect(moments(groupMeans({ seed: 0 }).columns.targets.data).variance).toBeGreaterThan(0.15);
  });
});

describe('routedTasks', () => {
  const { samples, centres } = routedTasks({ seed: 0, samples: 4000 });
  const { contents, routerInputs, embeddings, tasks, labels } = samples.columns;
  const residual = (data: ArrayLike<number>, width: number) =>
    Array.from(tasks.data).flatMap((task, n) =>
      Array.from({ length: 8 }, (_, i) => data[n * width + i]! - centres.data[task * 8 + i]!),
    );

  it('shows the task to the router with noise and nuisance, more clearly in the embedding', () => {
    expect([contents.shape, routerInputs.shape, embeddings.shape]).toEqual([
      [4000, 6],
      [4000, 56],
      [4000, 8],
    ]);
    expect(Math.sqrt(moments(residual(routerInputs.data, 56)).variance)).toBeCloseTo(0.9, 1.5);
    expect(Math.sqrt(moments(residual(embeddings.data, 8)).variance)).toBeCloseTo(0.4, 1.7);
    expect(moments(routerInputs.data.filter((_, i) => i % 56 >= 8)).variance).toBeCloseTo(1, 1.5);
  });

  it('has all tasks and classes, and labels that depend on the task', () => {
    for (const share of sharesOf(tasks.data, 8)) expect(share).toBeCloseTo(1 / 8, 1.5);
    for (const share of sharesOf(labels.data, 3)) expect(share).toBeGreaterThan(0.2);
  });

  it('keeps its tasks for another seed', () => {
    expect(routedTasks({ seed: 1 }).centres).toEqual(centres);
    expect(routedTasks({ seed: 1, world: 1 }).centres).not.toEqual(centres);
  });
});

describe('characterWindows', () => {
  const text = sampleText(60_000);
  const { train, validation, alphabet } = characterWindows(text, {
    seed: 0,
    symbols: 20,
    train: 4000,
    validation: 500,
  });
  const all = Array.from({ length: 4000 }, (_, i) => i);

  it('keeps the commonest characters, the last number standing for all others', () => {
    expect(alphabet.length).toBe(20);
    expect(alphabet[0]).toBe('e');
    expect(alphabet[19]).toBe('\ufffd');
    const { inputs, targets } = train.read(all) as {
      inputs: { data: Int32Array };
      targets: { data: Int32Array };
    };
    expect(Math.max(...targets.data)).toBe(19);
    expect(inputs.data.length).toBe(8 * 4000);
    expect(characterWindows('ab'.repeat(2000), { seed: 0, validationBlocks: 2 }).alphabet).toEqual([
      'a',
      'b',
    ]);
  });

  it('cuts windows out of the text, in lower case and with single blanks', () => {
    const normal = characterWindows(text, { seed: 0, train: 200 });
    const clean = text.toLowerCase().replaceAll(/\s+/g, ' ');
    const { inputs, targets } = normal.train.read([0, 57]) as {
      inputs: { data: Int32Array };
      targets: { data: Int32Array };
    };
    [0, 1].forEach((i) => {
      const ids = [...inputs.data.subarray(8 * i, 8 * i + 8), targets.data[i]!];
      expect(clean).toContain(ids.map((id) => normal.alphabet[id]).join(''));
    });
  });

  it('has different windows, and none on both sides', async () => {
    // Each nine characters stand once in this text, so windows name their places.
    const counted = Array.from({ length: 4000 }, (_, i) => String(100_000 + i)).join('');
    const data = characterWindows(counted, { seed: 0, symbols: 10, context: 12 });
    const texts = async (side: typeof data.train) => {
      const { inputs } = await side.read(Array.from({ length: side.length }, (_, i) => i));
      return Array.from({ length: side.length }, (_, i) =>
        inputs.data.subarray(12 * i, 12 * i + 12).join(''),
      );
    };
    const [seen, unseen] = [await texts(data.train), await texts(data.validation)];
    expect(data.train.length + data.validation.length).toBe(48 * 488);
    expect(data.validation.length).toBe(32 * 488);
    expect(new Set([...seen, ...unseen]).size).toBe(seen.length + unseen.length);
  });

  it('refuses numbers of windows that it does not have', () => {
    expect(validation.length).toBe(500);
    expect(() => train.read([4000])).toThrow('read: there is no window 4000 among 4000');
  });
});
