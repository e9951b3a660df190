import { parseArgs } from 'node:util';

export interface Options {
  readonly suites: readonly string[];
  /** Where the results go as JSON, besides the table. */
  readonly json: string | undefined;
  /** Of every side. */
  readonly threads: number;
  /** Fewer and shorter blocks: to try things, not to report. */
  readonly quick: boolean;
  /** Names of models; all unless said. */
  readonly models: readonly string[] | undefined;
  /** Text that the names of operations contain; all operations unless said. */
  readonly only: string | undefined;
  /** Sides to compare with; those that are installed unless said. */
  readonly peers: readonly string[] | undefined;
  /** Whether idle threads block at once, on every side, or wait as each side does by itself. */
  readonly waiting: 'passive' | 'default';
}

const list = (text: string | undefined): readonly string[] | undefined => text?.split(',').filter(Boolean);

/** @throws TypeError or RangeError that says what was wrong and what was expected */
export function parseOptions(given: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      threads: { type: 'string', default: '2' },
      quick: { type: 'boolean', default: false },
      models: { type: 'string' },
      only: { type: 'string' },
      peers: { type: 'string' },
      waiting: { type: 'string', default: 'passive' },
    },
  });
  const threads = Number(values.threads);
  if (!(Number.isInteger(threads) && threads >= 1)) {
    throw new RangeError(`bench: --threads: got ${values.threads}, expected an integer of at least 1`);
  }
  const { waiting } = values;
  if (waiting !== 'passive' && waiting !== 'default') {
    throw new RangeError(`bench: --waiting: got ${waiting}, expected passive or default`);
  }
  return {
    suites: positionals,
    json: values.json,
    threads,
    quick: values.quick,
    models: list(values.models),
    only: values.only,
    peers: list(values.peers),
    waiting,
  };
}
