import { loadRuntime } from '../../src/lib/run/runtime.js';
import { firstLosses } from './losses.js';

Object.assign(globalThis, {
  async firstLosses(steps: number) {
    await loadRuntime(() => {});
    return firstLosses(steps);
  },
});
