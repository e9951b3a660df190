import type { Failure } from './messages.js';

const outOfMemory =
  /out of memory|allocation failed|could not allocate|bad_alloc|invalid array( buffer)? length/i;

/** Turns whatever was thrown into data; running out of memory is told apart, because it has its own remedy. */
export function failureFrom(kind: Failure['kind'], error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: outOfMemory.test(message) ? 'memory' : kind, message };
}

/** What went wrong, in a sentence, and what the reader can do about it. */
export function advice({ kind }: Failure): { readonly what: string; readonly todo: string } {
  switch (kind) {
    case 'webassembly':
      return {
        what: 'This browser has no WebAssembly, or it is turned off.',
        todo: 'Open the page in a current Firefox, Chrome, Edge or Safari.',
      };
    case 'worker':
      return {
        what: 'The training script did not start.',
        todo: 'Reload the page and run again. If it happens again, an extension or a proxy may be holding the script back.',
      };
    case 'runtime':
      return {
        what: 'The runtime could not be loaded.',
        todo: 'Check the connection and run again.',
      };
    case 'experiment':
      return {
        what: 'The experiment of this paper could not be loaded.',
        todo: 'The site may just have been updated: reload the page and run again.',
      };
    case 'memory':
      return {
        what: 'The tab ran out of memory.',
        todo: 'Close other tabs, or pick a single arm in the options, and run again.',
      };
    case 'training':
      return {
        what: 'Training stopped with an error.',
        todo: 'Run again with another seed.',
      };
  }
}
