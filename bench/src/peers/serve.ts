import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { readStart } from '../exchange.js';
import type { Described, Differentiated, Memory, Ran, Request } from './protocol.js';
import type { Server } from './server.js';

/** Serves training runs. @param cpuTime processor time so far, in milliseconds */
export const serve = (server: Server, cpuTime = ownCpuTime): Promise<void> =>
  answerRequests((request) => answer(server, request, cpuTime));

/** Answers requests until standard input ends. */
export async function answerRequests(reply: (request: Request) => Promise<unknown>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const answered = await reply(JSON.parse(line) as Request).catch((error: unknown) => ({
      error: error instanceof Error ? error.message : String(error),
    }));
    process.stdout.write(`${JSON.stringify(answered)}\n`);
  }
}

async function answer(
  server: Server,
  request: Request,
  cpuTime: () => number,
): Promise<Described | Differentiated | Ran | Memory | null> {
  switch (request.command) {
    case 'describe':
      return server.describe();
    case 'prepare': {
      const { manifest, bytes } = readStart(request.folder);
      await server.prepare(manifest, bytes);
      return null;
    }
    case 'differentiate': {
      const { loss, gradients } = await server.differentiate();
      const bytes = gradients.map(
        ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
      );
      writeFileSync(request.file, Buffer.concat(bytes));
      return { loss };
    }
    case 'run': {
      const before = cpuTime();
      const ran = await server.run(request.steps);
      return { ...ran, cpuMilliseconds: cpuTime() - before };
    }
    case 'memory':
      return { peakBytes: peakResidentBytes() };
    default:
      throw new TypeError(`${request.command} is for operators, and this serves training runs`);
  }
}

function ownCpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Linux counts it exactly; elsewhere it is what `getrusage` says. */
function peakResidentBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1];
  return Number(kibibytes) * 1024;
}
