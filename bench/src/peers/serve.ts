import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Described, Differentiated, Memory, Ran, Request } from './protocol.js';

/** What a peer written in JavaScript does itself. */
export interface Server {
  describe(): Promise<Described>;
  prepare(workload: string, folder: string): Promise<void>;
  differentiate(file: string): Promise<Differentiated>;
  /** One training step; resolves to the loss when everything is computed. */
  step(): Promise<number>;
}

/** Answers requests until standard input ends. */
export async function serve(server: Server): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    let reply: unknown;
    try {
      reply = await answer(server, JSON.parse(line) as Request);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

async function answer(
  server: Server,
  request: Request,
): Promise<Described | Differentiated | Ran | Memory | null> {
  switch (request.command) {
    case 'describe':
      return server.describe();
    case 'prepare':
      await server.prepare(request.workload, request.folder);
      return null;
    case 'differentiate':
      return server.differentiate(request.file);
    case 'run':
      return run(server, request.steps);
    case 'memory':
      return { peakBytes: peakResidentBytes() };
    default:
      throw new TypeError(`${request.command} is for operators, and this serves training runs`);
  }
}

async function run(server: Server, steps: number): Promise<Ran> {
  const milliseconds: number[] = [];
  let loss = Number.NaN;
  const before = process.cpuUsage();
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    loss = await server.step();
    milliseconds.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  return { milliseconds, cpuMilliseconds: (user + system) / 1000, loss };
}

/** Linux counts it exactly; elsewhere it is what `getrusage` says. */
function peakResidentBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1];
  return Number(kibibytes) * 1024;
}
