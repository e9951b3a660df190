import { Resolver } from 'node:dns/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { Entry, Example } from '@evenkeel/methods/papers';
import { onTestFinished } from 'vitest';
import type { Io } from '../io.js';
import { main } from '../main.js';
import { localWorker } from './localWorker.js';
import { paperOnly, syntheticEntry, syntheticExperiment } from './synthetic.js';

export interface CallOptions {
  readonly workingDir?: string;
  readonly environment?: Io['environment'];
  readonly registry?: readonly Entry[];
  readonly examples?: readonly Example[];
  readonly stdin?: Uint8Array;
  readonly terminal?: boolean;
  readonly resolver?: Io['resolver'];
  readonly debug?: boolean;
  readonly code?: string;
  readonly signal?: AbortSignal;
}

/** Runs the program in this process, in an empty folder of its own when none is given. */
export async function call(argv: readonly string[], options: CallOptions = {}) {
  const workingDir = options.workingDir ?? (await temporaryFolder());
  const { registry = [syntheticEntry(syntheticExperiment()), paperOnly] } = options;
  const { examples = [], debug = false, code = '' } = options;
  const [stdout, stderr] = [output(options.terminal), output(options.terminal)];
  const interruption = () => options.signal ?? new AbortController().signal;
  const io: Io = {
    stdin: Readable.from([options.stdin ?? new Uint8Array()]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    workingDir,
    environment: options.environment ?? {},
    registry,
    examples,
    resolver: options.resolver ?? new Resolver(),
    debug,
    code: async () => code,
    interruption,
    startWorker: () => localWorker({ registry, examples }),
  };
  const exitCode = await main(argv, io);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), workingDir };
}

/** A folder that goes when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function output(isTTY = false) {
  const pieces: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      pieces.push(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 100 }), text: () => pieces.join('') };
}
