import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeStart } from '../exchange.js';
import { workloadNamed, workloads } from '../models/index.js';
import type { Options } from '../options.js';
import { Peer } from '../peer.js';
import { chosenSides, peerCommand, sideGroups } from '../peerCommands.js';
import { formatTable, shown } from '../table.js';

/** Largest resident sizes in bytes. */
export interface MemoryUse {
  /** Before a model is loaded: the language and the library. */
  readonly before: number;
  /** After training steps. */
  readonly after: number;
}

/** Ours to PyTorch's, at most. */
const goal = 1.5;

/** Peak resident memory of each training run, each in a process that does nothing else. */
export async function memory(options: Options): Promise<{ results: unknown; failed: boolean }> {
  const peers = chosenSides(sideGroups.processes, options);
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  const results: Record<string, Record<string, MemoryUse>> = {};
  let failed = false;
  try {
    for (const workload of options.models?.map(workloadNamed) ?? workloads) {
      await writeStart(workload, folder);
      const sides: Record<string, MemoryUse> = {};
      for (const id of peers) {
        const peer = new Peer(peerCommand(id, options));
        try {
          const { peakBytes: before } = await peer.memory();
          await peer.prepare(workload.name, folder);
          await peer.run(options.quick ? 5 : 30);
          const { peakBytes: after } = await peer.memory();
          sides[id] = { before, after };
        } catch (error) {
          // Not every peer has every model, but ours must.
          if (id === 'evenkeel') throw error;
          process.stdout.write(`  without ${id}: ${error instanceof Error ? error.message : error}\n`);
        } finally {
          await peer.close();
        }
      }
      results[workload.name] = sides;
      process.stdout.write(`\n${workload.title}\n${describe(sides)}\n`);
      if (sides.torch && sides.evenkeel!.after > goal * sides.torch.after) {
        process.stdout.write(`  more than ${goal} times PyTorch's\n`);
        failed = true;
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { results, failed };
}

function describe(sides: Readonly<Record<string, MemoryUse>>): string {
  const ours = sides.evenkeel!;
  const mebibytes = (bytes: number) => shown(bytes / 2 ** 20);
  return formatTable([
    ['  MiB', 'peak', 'of it the model', 'ours/theirs', 'of it the model'],
    ...Object.entries(sides).map(([id, { before, after }]) => [
      `  ${id}`,
      mebibytes(after),
      mebibytes(after - before),
      shown(ours.after / after),
      shown((ours.after - ours.before) / (after - before)),
    ]),
  ]);
}
