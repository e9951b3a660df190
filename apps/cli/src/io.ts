import type { Entry } from '@evenkeel/methods/papers';
import { registry } from '@evenkeel/methods/papers';
import { Interruption } from './errors.js';

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What the program touches of the world around it; tests hand in their own. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Folder that relative paths start from. */
  readonly workingDir: string;
  readonly registry: readonly Entry[];
  /** Whether errors come with their stack. */
  readonly debug: boolean;
  /** From this call on the first Ctrl-C aborts the signal, with an Interruption, in place of ending the program. */
  interruption(): AbortSignal;
}

/** The world of a program that runs by itself. */
export function processIo(): Io {
  process.stdout.on('error', quietWhenClosed);
  process.stderr.on('error', quietWhenClosed);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    workingDir: process.cwd(),
    registry,
    debug: process.env.EVENKEEL_DEBUG === '1',
    interruption,
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
