import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type {
  Described,
  Differentiated,
  FormTimes,
  Measured,
  Memory,
  Ran,
  Request,
} from './peers/protocol.js';

/** How to start a side of the comparison. */
export interface PeerCommand {
  /** As on the command line. */
  readonly id: string;
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** How long a side may take to answer, in milliseconds, before it is stopped. */
const patience = 120_000;

/** A running side of the comparison: a process of its own that answers one request after the other. */
export class Peer {
  readonly id: string;
  #ended = false;
  readonly #process: ChildProcess;
  readonly #replies: AsyncIterator<string>;
  #diagnostics = '';

  constructor({ id, program, parameters, environment }: PeerCommand) {
    this.id = id;
    this.#process = spawn(program, parameters, {
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // Without a listener an error, such as a program that does not exist, would end this process.
    this.#process.on('error', (error) => {
      this.#diagnostics += error.message;
    });
    this.#process.stdin!.on('error', () => {});
    this.#process.stderr!.on('data', (chunk) => {
      this.#diagnostics = `${this.#diagnostics}${chunk}`.slice(-2000);
    });
    this.#replies = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  describe(): Promise<Described> {
    return this.#ask({ command: 'describe' });
  }

  prepare(workload: string, folder: string): Promise<null> {
    return this.#ask({ command: 'prepare', workload, folder });
  }

  differentiate(file: string): Promise<Differentiated> {
    return this.#ask({ command: 'differentiate', file });
  }

  run(steps: number): Promise<Ran> {
    return this.#ask({ command: 'run', steps });
  }

  memory(): Promise<Memory> {
    return this.#ask({ command: 'memory' });
  }

  operator(name: string): Promise<null> {
    return this.#ask({ command: 'operator', name });
  }

  contest(rounds: number): Promise<FormTimes> {
    return this.#ask({ command: 'contest', rounds });
  }

  measure(repeats: number): Promise<Measured> {
    return this.#ask({ command: 'measure', repeats });
  }

  /** Lets the process end by itself. */
  close(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null || this.#process.pid === undefined) return Promise.resolve();
    const ended = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()));
    this.#process.stdin!.end();
    return ended;
  }

  /** Whether it can answer no more. */
  get ended(): boolean {
    return this.#ended;
  }

  async #ask<Reply>(request: Request): Promise<Reply> {
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      this.#process.kill();
    }, patience);
    this.#process.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#replies.next();
    clearTimeout(deadline);
    if (done) {
      this.#ended = true;
      const why = late ? `took longer than ${patience / 1000} s` : `ended: ${this.#diagnostics.trim()}`;
      throw new Error(`${request.command}: ${why}`);
    }
    const reply = JSON.parse(value) as Reply | { readonly error: string };
    if (typeof reply === 'object' && reply !== null && 'error' in reply)
      throw new Error(`${request.command}: ${reply.error}`);
    return reply as Reply;
  }
}
