import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columns, featuresAndTarget, readCsv, standardize } from '../../index.js';

const text = `\ufeffname,age,city,score
Ada,36,London,1.5
"Bob, Jr.",,Paris,-2e-1

"Cy
""the"" third",7,London,.25
`;
const float32 = (values: readonly number[], ...row: number[]) => ({
  data: Float32Array.from(values),
  shape: [values.length / row.reduce((a, b) => a * b, 1), ...row],
  dtype: 'float32' as const,
});

describe('a CSV table', () => {
  it('has typed columns, and categories with their levels', () => {
    const { columns: table, levels } = readCsv(text, {
      score: 'number',
      city: 'category',
      name: { type: 'category' },
      age: { type: 'number', missing: 'keep', dtype: 'float64' },
    });
    expect(table.length).toBe(3);
    expect(table.columns.score).toEqual(float32([1.5, -0.2, 0.25]));
    expect(table.columns.city).toEqual({ data: Int32Array.of(0, 1, 0), shape: [3], dtype: 'int32' });
    expect(table.columns.age).toEqual({
      data: Float64Array.of(36, Number.NaN, 7),
      shape: [3],
      dtype: 'float64',
    });
    expect(levels).toEqual({ city: ['London', 'Paris'], name: ['Ada', 'Bob, Jr.', 'Cy\n"the" third'] });
  });

  it('drops, keeps or refuses missing values', () => {
    const dropped = readCsv(text, { age: { type: 'number', missing: 'drop' }, city: 'category' });
    expect([dropped.columns.columns.age.data, dropped.levels.city]).toEqual([
      Float32Array.of(36, 7),
      ['London'],
    ]);
    const other = 'a,b\n?,x\n1,?\n';
    const kept = readCsv(
      other,
      { a: { type: 'number', missing: 'keep' }, b: { type: 'category', missing: 'keep', levels: ['x'] } },
      { missing: ['?', 'NA'] },
    );
    expect(kept.columns.columns.a.data).toEqual(Float32Array.of(Number.NaN, 1));
    expect([kept.columns.columns.b.data, kept.levels.b]).toEqual([Int32Array.of(0, 1), ['x', '']]);
    expect(() => readCsv(text, { age: 'number' })).toThrow(
      'readCsv: line 3, column age: the value is missing',
    );
  });

  it('says on which line and in which column something is wrong', () => {
    const refused = (given: string, message: string) =>
      expect(() => readCsv(given, { a: 'number', b: { type: 'category', levels: ['x', 'y'] } })).toThrow(
        message,
      );
    refused('a,b\n1,x\n2,z\n', 'readCsv: line 3, column b: expected one of "x", "y", got "z"');
    refused('a,b\n"1\n",x\n1x,x\n', 'readCsv: line 4, column a: expected a number, got "1x"');
    for (const wrong of ['0x10', 'Infinity', 'NaN', '1,5', '1e999', '1e39', '--1', '1_000']) {
      refused(`a,b\n"${wrong}",x\n`, `readCsv: line 2, column a: expected a number, got "${wrong}"`);
    }
    refused('a,b\n1,x\n\n1,x,\n', 'readCsv: line 4: 3 cells where 2 are named');
    refused('a,b\n1\n', 'readCsv: line 2: 1 cells where 2 are named');
    refused('a,b\n1,x\n1,"x\n2,y\n', 'readCsv: line 3: quoted field unterminated');
    refused('a,b\n1,"x"y\n', 'readCsv: line 2: ');
    refused('a,c\n', 'readCsv: there is no column b among a, c');
    refused('a,b,a\n', 'readCsv: there are two columns a');
    refused('', 'readCsv: there is no line with the names of the columns');
    expect(() => readCsv('a\n1\n', {})).toThrow('readCsv: the schema names no column');
    expect(() => readCsv('a\n1\n', { a: 'number' }, { maximumLength: 3 })).toThrow(
      'readCsv: the text has 4 characters, more than 3',
    );
    expect(() => readCsv('a\n1\n', { a: { type: 'category', levels: ['1', '1'] } })).toThrow('named twice');
    expect(() => readCsv('a\n1\n', { a: 'text' as 'number' })).toThrow(
      'type must be number or category, got text',
    );
  });

  it('reads back any words and numbers that are written by the rules', () => {
    const word = fc.string({ unit: 'binary', maxLength: 8 }).filter((each) => each !== '');
    const row = fc.tuple(word, fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(',', ';', '\t'),
        (rows, delimiter) => {
          const lines = rows.map(
            ([label, number]) => `"${label.replaceAll('"', '""')}"${delimiter}${number}`,
          );
          const { columns: table, levels } = readCsv(
            [`word${delimiter}number`, ...lines].join('\r\n'),
            { word: 'category', number: { type: 'number', dtype: 'float64' } },
            { delimiter },
          );
          expect(Array.from(table.columns.word.data, (i) => levels.word![i])).toEqual(
            rows.map(([label]) => label),
          );
          expect([...table.columns.number.data]).toEqual(rows.map(([, number]) => Number(`${number}`)));
        },
      ),
    );
  });
});

describe('standardized columns', () => {
  it('have mean 0 and deviation 1 where they come from', () => {
    const train = columns({
      x: float32([1, 10, 3, 10, 5, 10], 2),
      image: { data: Uint8Array.of(0, 255, 0), shape: [3], dtype: 'float32', scale: 1 / 255 },
      label: { data: Int32Array.of(1, 2, 3), shape: [3], dtype: 'int32' },
    });
    const scaled = standardize(train, { from: train });
    const step = Math.fround(Math.sqrt(1.5));
    expect(scaled.columns.x).toEqual(float32([-step, 0, 0, 0, step, 0], 2));
    expect(scaled.columns.image).toEqual(float32([-Math.SQRT1_2, Math.SQRT2, -Math.SQRT1_2]));
    expect(scaled.columns.label).toBe(train.columns.label);
  });

  it('take another part by the same measure, and fill what is missing with the mean', () => {
    const train = columns({ x: float32([1, Number.NaN, 3]), y: float32([0, 1, 2]) });
    const test = columns({ x: float32([5, Number.NaN]), y: float32([7, 8]) });
    const scaled = standardize(test, { from: train, only: ['x'] });
    expect(scaled.columns.x).toEqual(float32([3, 0]));
    expect(scaled.columns.y).toBe(test.columns.y);
  });

  it('refuse columns that are not there or no floats', () => {
    const given = columns({ x: float32([1]), label: { data: Int32Array.of(1), shape: [1], dtype: 'int32' } });
    expect(() => standardize(given, { from: given, only: ['z'] })).toThrow(
      'standardize: z is no column of floats',
    );
    expect(() => standardize(given, { from: given, only: ['label'] })).toThrow(
      'label is no column of floats',
    );
    const wider = columns({ x: float32([1, 2], 2) });
    expect(() => standardize(given, { from: wider })).toThrow(
      "the column x of 'from' is not of the same shape",
    );
  });
});

describe('features', () => {
  it('are numbers and one feature for each level', () => {
    const csv = 'age,city,price\n1,Rome,10\n2,Oslo,20\n3,Rome,30\n';
    const { columns: table, levels } = readCsv(csv, { age: 'number', city: 'category', price: 'number' });
    const { columns: matrix, names } = featuresAndTarget(table, { target: 'price', levels });
    expect(names).toEqual(['age', 'city=Oslo', 'city=Rome']);
    expect(matrix.columns.inputs).toEqual(float32([1, 0, 1, 2, 1, 0, 3, 0, 1], 3));
    expect(matrix.columns.targets).toEqual(float32([10, 20, 30]));
    const city = featuresAndTarget(table, { target: 'city', levels });
    expect(city.columns.columns.targets.data).toEqual(Int32Array.of(1, 0, 1));
  });

  it('refuse tables without the target, or with what is no feature', () => {
    const table = columns({ x: float32([1]), code: { data: Int32Array.of(1), shape: [1], dtype: 'int32' } });
    expect(() => featuresAndTarget(table, { target: 'y', levels: {} })).toThrow(
      'there is no column y among x, code',
    );
    expect(() => featuresAndTarget(table, { target: 'x', levels: {} })).toThrow(
      'code is neither a column of numbers',
    );
    expect(() => featuresAndTarget(columns({ x: float32([1]) }), { target: 'x', levels: {} })).toThrow(
      'there is no column beside x',
    );
  });
});
