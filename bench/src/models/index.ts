import type { Workload } from '../workload.js';
import { cnn } from './cnn.js';
import { mlp } from './mlp.js';
import { resnet } from './resnet.js';
import { experts, transformer } from './transformer.js';

export const workloads: readonly Workload[] = [mlp, cnn, resnet, transformer, experts];

/** @throws RangeError for a name that no workload has */
export function workloadNamed(name: string): Workload {
  const found = workloads.find((each) => each.name === name);
  if (found) return found;
  const names = workloads.map((each) => each.name).join(', ');
  throw new RangeError(`bench: got the model ${name}, expected one of ${names}`);
}
