import { contest } from '../operators/contest.js';
import { rowNamed } from '../operators/index.js';
import type { FormTimes } from './protocol.js';
import { answerRequests } from './serve.js';

// One operation of the engine and its rivals, in a process of its own: what has been allocated before changes how fast
// large results are allocated.

let rounds: ((count: number) => Promise<FormTimes>) | undefined;

await answerRequests(async (request) => {
  if (request.command === 'operator') {
    rounds = await contest(rowNamed(request.name));
    return null;
  }
  if (request.command === 'contest' && rounds) return rounds(request.rounds);
  throw new TypeError(`${request.command} cannot be answered here and now`);
});
