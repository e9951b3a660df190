import { nearest } from '@evenkeel/lab';

/** The command line asks for something that is not there: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const;

/** The program was told to stop. Exit code: 128 and the number of the signal, as shells have it. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: number;

  constructor(signal: keyof typeof signalNumbers) {
    super('stopped');
    this.exitCode = 128 + signalNumbers[signal];
  }
}

/**
 * Refuses a name that is none of `known` and names the nearest ones.
 * @param where command and argument, such as `run: SLUG`
 * @param kind what was expected, such as `a paper`
 */
export function refuseUnknown(where: string, name: string, kind: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const suggestions = nearest(name, known).join(', ');
  throw new UsageError(
    `${where}: got "${name}", expected ${kind}${suggestions && ` such as ${suggestions}`}`,
  );
}

/** What went wrong, for a sentence: the message of an error, or the plain words of a file system's error code. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words = {
    ENOENT: 'no such file',
    EISDIR: 'a folder',
    EACCES: 'not allowed',
    ENOTDIR: 'not in a folder',
  };
  return words[code as keyof typeof words] ?? (error instanceof Error ? message : String(error));
}
