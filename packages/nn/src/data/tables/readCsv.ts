import Papa from 'papaparse';
import { type Columns, columns, type HostArray } from '../dataset.js';

/** What becomes of cells without a value: `refuse`, unless said, them; `drop` their rows; `keep` them. */
export type MissingValues = 'refuse' | 'drop' | 'keep';

/** Numbers in decimal notation, as float32 or float64 `[rows]`. Missing ones that are kept are NaN. */
export interface NumberColumn {
  readonly type: 'number';
  readonly missing?: MissingValues;
  /** float32 unless said. */
  readonly dtype?: 'float32' | 'float64';
}

/** One of several words a row, as int32 `[rows]`: the place of the word among the levels. Missing is a level '' when kept. */
export interface CategoryColumn {
  readonly type: 'category';
  readonly missing?: MissingValues;
  /** The words; those that occur, in ascending order, unless said. Others are refused. */
  readonly levels?: readonly string[];
}

/** What is read: columns by their names in the first line. A type alone stands for a column with nothing else said. */
export type CsvSchema = Readonly<Record<string, 'number' | 'category' | NumberColumn | CategoryColumn>>;

/** How the text is read. */
export interface CsvOptions {
  /** Between cells; a comma unless said. */
  readonly delimiter?: string;
  /** Cells that say that there is no value; the empty one unless said. */
  readonly missing?: readonly string[];
  /** Longest text, in UTF-16 units; 2²⁷ unless said. */
  readonly maximumLength?: number;
}

/** Columns that were read, with the words behind the numbers. */
export interface CsvTable<Schema extends CsvSchema = CsvSchema> {
  readonly columns: Columns<{ readonly [Name in keyof Schema]: HostArray }>;
  /** Of the category columns, by name. */
  readonly levels: Readonly<Record<string, readonly string[]>>;
}

/**
 * Reads columns of a table in comma-separated values (RFC 4180) whose first line names them. Columns that the schema does
 * not name are left out; so are empty lines.
 * @throws RangeError with line and column: for a column that is not there or there twice, lines of another number of cells,
 *   quotes without an end, cells that are no number or no level, and missing values that are refused
 */
export function readCsv<Schema extends CsvSchema>(
  text: string,
  schema: Schema,
  { delimiter = ',', missing = [''], maximumLength = 2 ** 27 }: CsvOptions = {},
): CsvTable<Schema> {
  if (text.length > maximumLength) {
    throw new RangeError(`readCsv: the text has ${text.length} characters, more than ${maximumLength}`);
  }
  if (Object.keys(schema).length === 0) throw new RangeError('readCsv: the schema names no column');
  const [header, ...rows] = linesOf(text, delimiter);
  if (!header) throw new RangeError('readCsv: there is no line with the names of the columns');
  for (const { line, cells } of rows) {
    if (cells.length !== header.cells.length) {
      throw new RangeError(
        `readCsv: line ${line}: ${cells.length} cells where ${header.cells.length} are named`,
      );
    }
  }
  const wanted = Object.entries(schema).map(([name, given]) => ({
    name,
    place: placeOf(name, header.cells),
    column: typeof given === 'string' ? ({ type: given } as NumberColumn | CategoryColumn) : given,
  }));
  const isMissing = (cell: string) => missing.includes(cell);
  const kept = rows.filter(({ line, cells }) =>
    wanted.every(({ name, place, column }) => {
      if (!isMissing(cells[place]!)) return true;
      if (column.missing === 'drop' || column.missing === 'keep') return column.missing === 'keep';
      throw new RangeError(`readCsv: line ${line}, column ${name}: the value is missing`);
    }),
  );
  const arrays: Record<string, HostArray> = {};
  const levels: Record<string, readonly string[]> = {};
  for (const { name, place, column } of wanted) {
    const cells = kept.map(({ line, cells: all }) => ({
      where: `readCsv: line ${line}, column ${name}`,
      cell: isMissing(all[place]!) ? '' : all[place]!,
    }));
    if (column.type === 'number') arrays[name] = numberColumn(cells, column);
    else if (column.type === 'category') {
      levels[name] = levelsOf(name, cells, column);
      arrays[name] = categoryColumn(cells, levels[name]);
    } else {
      throw new RangeError(
        `readCsv: column ${name}: type must be number or category, got ${(column as { type: string }).type}`,
      );
    }
  }
  return { columns: columns(arrays as { readonly [Name in keyof Schema]: HostArray }), levels };
}

interface Cell {
  readonly where: string;
  /** Empty when it is missing. */
  readonly cell: string;
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function numberColumn(cells: readonly Cell[], { dtype = 'float32' }: NumberColumn): HostArray {
  const numbers = cells.map(({ where, cell }) => {
    if (cell === '') return Number.NaN;
    const text = cell.trim();
    const number = Number(text);
    if (!decimal.test(text) || !Number.isFinite(dtype === 'float32' ? Math.fround(number) : number)) {
      throw new RangeError(`${where}: expected a number, got ${shown(cell)}`);
    }
    return number;
  });
  const data = dtype === 'float64' ? Float64Array.from(numbers) : Float32Array.from(numbers);
  return { data, shape: [numbers.length], dtype };
}

function levelsOf(name: string, cells: readonly Cell[], { levels }: CategoryColumn): readonly string[] {
  if (!levels) return [...new Set(cells.map(({ cell }) => cell))].sort();
  if (new Set(levels).size !== levels.length) {
    throw new RangeError(`readCsv: column ${name}: a level is named twice: ${levels.map(shown).join(', ')}`);
  }
  return cells.some(({ cell }) => cell === '') && !levels.includes('') ? [...levels, ''] : levels;
}

function categoryColumn(cells: readonly Cell[], levels: readonly string[]): HostArray {
  const places = new Map(levels.map((level, i) => [level, i]));
  const data = Int32Array.from(cells, ({ where, cell }) => {
    const place = places.get(cell);
    if (place === undefined) {
      throw new RangeError(`${where}: expected one of ${levels.map(shown).join(', ')}, got ${shown(cell)}`);
    }
    return place;
  });
  return { data, shape: [data.length], dtype: 'int32' };
}

interface Line {
  /** Its number in the text, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The lines of a table that are not empty. */
function linesOf(text: string, delimiter: string): Line[] {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\ufeff/, ''), { delimiter });
  let next = 1;
  const lines = data.map((cells) => {
    const line = next;
    // A cell in quotes may go over several lines.
    next += 1 + cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
    return { line, cells };
  });
  const wrong = errors.find(({ type }) => type === 'Quotes');
  if (wrong) {
    throw new RangeError(`readCsv: line ${lines[wrong.row ?? 0]?.line ?? 1}: ${wrong.message.toLowerCase()}`);
  }
  return lines.filter(({ cells }) => cells.length > 1 || cells[0] !== '');
}

function placeOf(name: string, header: readonly string[]): number {
  const place = header.indexOf(name);
  if (place < 0) throw new RangeError(`readCsv: there is no column ${name} among ${header.join(', ')}`);
  if (header.includes(name, place + 1)) throw new RangeError(`readCsv: there are two columns ${name}`);
  return place;
}

const shown = (cell: string): string => JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}…` : cell);
