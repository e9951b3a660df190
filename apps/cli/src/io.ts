import { Resolver } from 'node:dns/promises';
import { examples, registry } from '@evenkeel/methods/papers';
import { experimentCode } from './code.js';
import type { DnsResolver } from './dnsLookup.js';
import { Interruption } from './errors.js';
import type { Catalogue } from './experiments.js';
import { childProcess } from './pool/childProcess.js';
import type { TaskWorker } from './pool/task.js';

export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** What the program touches of the world around it; tests hand in their own. */
export interface Io extends Catalogue {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Folder that relative paths start from. */
  readonly workingDir: string;
  /** Settings of whoever runs the program. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether errors come with their stack. */
  readonly debug: boolean;
  readonly resolver: DnsResolver;
  /** Changes with all code that experiments run. */
  code(): Promise<string>;
  /** From this call on the first Ctrl-C aborts the signal, with an Interruption, in place of ending the program. */
  interruption(): AbortSignal;
  /** Starts someone who does tasks of the catalogue; one of whom nothing is heard for `patience` seconds is ended. */
  startWorker(patience: number): TaskWorker;
}

/** The world of a program that runs by itself. */
export function processIo(): Io {
  process.stdout.on('error', quietWhenClosed);
  process.stderr.on('error', quietWhenClosed);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    workingDir: process.cwd(),
    environment: process.env,
    registry,
    examples,
    resolver: new Resolver({ timeout: 3000, tries: 2 }),
    debug: process.env.EVENKEEL_DEBUG === '1',
    code: experimentCode,
    interruption,
    startWorker: (patience) => childProcess(new URL('./child.js', import.meta.url), patience),
  };
}

/** Whoever reads our output may stop, as `head` does: nothing is left to do then, and nothing is wrong. */
function quietWhenClosed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

/** Only the first signal is caught: the second ends a program whose step takes too long to wait for. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort(new Interruption(signal)));
  }
  return controller.signal;
}

/** Writes lines of text; control characters, which could come with imported text, become spaces. */
export function printLines(output: Output, lines: readonly string[]): void {
  for (const line of lines) output.write(`${oneLine(line)}\n`);
}

/** The one JSON document of a command with `--json`. */
export function printJson(output: Output, document: unknown): void {
  output.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** Characters of a line: those of the terminal, or any number where lines go to a file. */
export function lineWidth({ isTTY, columns }: Output): number {
  return isTTY ? columns || 80 : Number.POSITIVE_INFINITY;
}

export function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trimEnd();
}
