import { setTimeout } from 'node:timers/promises';
import { storage } from '#platform';
import { fit } from '../fit.js';
import { smallRun } from './smallRun.js';

// Trains with checkpoints in the folder of its first argument, every so many steps, and says what happens, line by line.

const [folder, steps, every, milliseconds] = process.argv.slice(2) as [string, ...string[]];

await fit({
  ...smallRun(Number(steps)),
  checkpoints: { storage: storage(folder), every: Number(every) },
  onEvent: async ({ type, step }) => {
    process.stdout.write(`${type} ${step}\n`);
    await setTimeout(Number(milliseconds));
  },
});
