import { rows } from '../operators/index.js';
import type { Row } from '../operators/row.js';
import type { Options } from '../options.js';
import { Peer } from '../peer.js';
import { operatorsCommand, torchOperatorsCommand } from '../peerCommands.js';
import type { FormTimes } from '../peers/protocol.js';
import { formatTable, shown } from '../table.js';

/** How much slower than the best form the engine's may be. */
const allowance = 1.15;
/** What PyTorch's calls of a round take, in milliseconds. */
const roundMilliseconds = 20;

export interface OperatorTimes extends FormTimes {
  readonly torch?: number;
}

/** The engine's form of each operation against other ways to write it in ONNX, and against PyTorch, on one thread. */
export async function operators(
  given: Options,
): Promise<{ results: Record<string, OperatorTimes>; failed: boolean }> {
  const chosen = rows.filter(({ name }) => name.includes(given.only ?? ''));
  if (chosen.length === 0) throw new RangeError(`operators: no operation has ${given.only} in its name`);
  const options = { ...given, threads: 1 };
  const rounds = options.quick ? 3 : 9;
  const command = torchOperatorsCommand(options);
  const torch = command && new Peer(command);
  const results: Record<string, OperatorTimes> = {};
  const slow: string[] = [];
  try {
    for (const row of chosen) {
      const times = await playedBy(row, options, rounds);
      const torchTime = torch && (await leastOf(torch, row, rounds));
      results[row.name] = { ...times, ...(torchTime !== undefined && { torch: torchTime }) };
      if (isSlow(row, times)) slow.push(row.name);
      process.stdout.write(`\n${describe(row, results[row.name]!)}\n`);
    }
  } finally {
    await torch?.close();
  }
  process.stdout.write(`\n${summary(slow, chosen.length)}\n`);
  return { results, failed: slow.length > 0 };
}

async function playedBy(row: Row, options: Options, rounds: number): Promise<FormTimes> {
  const engine = new Peer(operatorsCommand(options));
  try {
    await engine.operator(row.name);
    let times = await engine.contest(rounds);
    // On a busy machine the others may have had the quieter moments: before it counts, it is measured again.
    for (let again = 0; again < 2 && isSlow(row, times); again++) times = await engine.contest(rounds);
    return times;
  } finally {
    await engine.close();
  }
}

async function leastOf(torch: Peer, { name }: Row, rounds: number): Promise<number> {
  await torch.operator(name);
  const { cpuMilliseconds: first } = await torch.measure(3);
  const repeats = Math.max(1, Math.ceil(roundMilliseconds / Math.max(0.01, first)));
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const { cpuMilliseconds } = await torch.measure(repeats);
    least = Math.min(least, cpuMilliseconds);
  }
  return least;
}

function isSlow({ reference }: Row, { ours, forms }: OperatorTimes): boolean {
  const rivals = Object.entries(forms).filter(([form]) => !reference?.includes(form));
  return ours > allowance * Math.min(...rivals.map(([, time]) => time));
}

const summary = (slow: readonly string[], count: number): string =>
  slow.length === 0
    ? 'the engine chooses the best form, or one as fast, everywhere'
    : `${slow.length} of ${count} operations have a form that is more than 15 % faster:\n  ${slow.join('\n  ')}`;

function describe({ name, reference }: Row, { ours, forms, torch }: OperatorTimes): string {
  const lines: (readonly [string, number])[] = [['  ours', ours]];
  for (const [form, time] of Object.entries(forms))
    lines.push([`  ${form}${reference?.includes(form) ? ' (cannot be repeated)' : ''}`, time]);
  if (torch !== undefined) lines.push(['  PyTorch', torch]);
  return formatTable([
    [name, 'CPU ms', 'ours/it'],
    ...lines.map(([label, time]) => [label, time.toPrecision(3), shown(ours / time)]),
  ]);
}
