import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Question, Questions, Reply } from './messages.js';

/** A thread of the search. It does not keep the process alive while it has nothing to do. */
export class SearchThread {
  // Without this process's own options: some of them are refused in threads.
  readonly #worker = new Worker(createRequire(import.meta.url).resolve('#searchThread'), { execArgv: [] });
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #asked = 0;
  #ended: Error | undefined;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error('the search thread has ended')));
  }

  ask<Name extends Question>(
    question: Name,
    ask: Questions[Name]['ask'],
  ): Promise<Questions[Name]['answer']> {
    if (this.#ended) return Promise.reject(this.#ended);
    const number = this.#asked++;
    return new Promise<Questions[Name]['answer']>((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as (value: unknown) => void, reject });
      // While something is asked the process waits for it.
      this.#worker.ref();
      this.#worker.postMessage({ number, question, ask });
    });
  }

  async close(): Promise<void> {
    this.#end(new Error('the search has been closed'));
    await this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.number);
    this.#waiting.delete(reply.number);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.answer);
  }

  #end(error: unknown): void {
    this.#ended ??= error instanceof Error ? error : new Error(String(error));
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}
