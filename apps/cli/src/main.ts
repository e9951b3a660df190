import { CommanderError } from 'commander';
import { Interruption, UsageError } from './errors.js';
import { type Io, oneLine, printLines, processIo } from './io.js';
import { createProgram } from './program.js';

/**
 * Runs one command and returns the exit code: 0 done, 1 a claim or check failed, 2 bad usage, 128 and more when it
 * was told to stop. Errors are one line on standard error.
 * @param argv what stands after the name of the program
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  let exitCode = 0;
  const program = createProgram(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, io);
  }
}

function report(error: unknown, io: Io): number {
  // Help and version, already written; help that nobody asked for stands in place of a command.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const message = error instanceof Error ? error.message : String(error);
  printLines(io.stderr, [oneLine(message)]);
  if (io.debug && error instanceof Error) io.stderr.write(`${error.stack}\n`);
  if (error instanceof Interruption) return error.exitCode;
  return error instanceof UsageError ? 2 : 1;
}
