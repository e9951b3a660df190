import { requireSteps } from '../optimizers/options.js';
import type { Storage } from '../platform/storage.js';
import { readSafetensors, writeSafetensors } from '../safetensors.js';
import type { Arrays } from './arrays.js';
import { readJson, writeJson } from './json.js';

/** Where and how often `fit` keeps its state. */
export interface Checkpoints {
  /** For this run alone, such as `storage('runs/first')`. */
  readonly storage: Storage;
  /** Steps from one checkpoint to the next; there is one at the end, and when the run is aborted, in any case. */
  readonly every: number;
  /** How many are kept, the newest ones; 2 unless said. */
  readonly keep?: number;
}

const format = 1;

/** A file that says what belongs to a checkpoint; it is written last. */
interface Description {
  readonly format: number;
  readonly step: number;
  /** Epochs that are complete; absent where there are none. */
  readonly epoch?: number;
  /** Of the file with the arrays. */
  readonly bytes: number;
  /** Hexadecimal; absent where it was written on a page that comes without TLS. */
  readonly sha256?: string;
  readonly record: unknown;
}

/** The newest checkpoint that is whole. */
export interface Restored {
  readonly step: number;
  readonly record: unknown;
  readonly arrays: Arrays;
}

/** @throws RangeError for settings that make no sense */
export function requireCheckpoints({ every, keep = 2 }: Checkpoints): void {
  requireSteps('fit', 'checkpoints: every', every);
  requireSteps('fit', 'checkpoints: keep', keep);
}

/** Writes `<step>.safetensors`, then `<step>.json`, then removes all but the newest checkpoints. */
export async function saveCheckpoint(
  { storage, keep = 2 }: Checkpoints,
  { step, epoch, record, arrays }: Restored & { readonly epoch: number | undefined },
): Promise<void> {
  const bytes = writeSafetensors(arrays);
  const description: Description = {
    format,
    step,
    ...(epoch === undefined ? {} : { epoch }),
    bytes: bytes.length,
    ...(await hashOf(bytes)),
    record,
  };
  await storage.write(`${step}.safetensors`, bytes);
  await storage.write(`${step}.json`, new TextEncoder().encode(writeJson(description)));
  // Those of later steps are damaged: otherwise the run would have gone on from them.
  const older = (await stepsIn(storage)).filter((other) => other < step);
  const kept = new Set([step, ...older.slice(0, keep - 1)]);
  for (const name of await storage.list()) {
    const other = /^(\d+)\.(json|safetensors)$/.exec(name);
    if (other && !kept.has(Number(other[1]))) await storage.remove(name);
  }
}

/** Steps that are described, the newest first. */
async function stepsIn(storage: Storage): Promise<number[]> {
  const names = await storage.list();
  const steps = names.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []);
  return steps.map(Number).sort((a, b) => b - a);
}

/**
 * The newest checkpoint whose files are whole and belong together; damaged ones are passed over.
 * @throws RangeError for one of another format
 */
export async function newestCheckpoint(storage: Storage): Promise<Restored | undefined> {
  for (const step of await stepsIn(storage)) {
    const description = await describedIn(storage, step);
    if (!description) continue;
    const bytes = await storage.read(`${step}.safetensors`);
    if (bytes?.length !== description.bytes) continue;
    const { sha256 } = await hashOf(bytes);
    if (sha256 && description.sha256 && sha256 !== description.sha256) continue;
    return { step, record: description.record, arrays: readSafetensors(bytes).arrays };
  }
  return undefined;
}

async function describedIn(storage: Storage, step: number): Promise<Description | undefined> {
  const bytes = await storage.read(`${step}.json`);
  const found = bytes && (readJson(new TextDecoder().decode(bytes)) as Partial<Description> | undefined);
  if (typeof found !== 'object' || found === null || found.step !== step) return undefined;
  if (found.format !== format) {
    throw new RangeError(`fit: checkpoints: ${step}.json has format ${found.format}, expected ${format}`);
  }
  return found as Description;
}

/** The SHA-256 of bytes where there is one to be had: pages that come without TLS have none. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<{ sha256?: string }> {
  if (globalThis.crypto?.subtle === undefined) return {};
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return { sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') };
}
