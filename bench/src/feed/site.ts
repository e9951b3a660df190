import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FeedLocation } from '@evenkeel/feed';
import { pause } from '../statistics.js';
import { lastDay } from './fill.js';

/** Milliseconds from the start of a site's process. */
export interface StartTimes {
  /** Until the list of a day was there. */
  readonly page: number;
  /** Until a search was answered, by words alone if need be. */
  readonly search: number;
  /** Until searches are answered by meaning too. */
  readonly meaning: number;
}

/** A site in a process of its own. */
export interface RunningSite {
  readonly url: string;
  readonly times: StartTimes;
  /** Largest resident memory of its process so far, in bytes; undefined where the system does not tell. */
  peakBytes(): number | undefined;
  /** Processor time of all its threads so far, in milliseconds; undefined where the system does not tell. */
  processorTime(): number | undefined;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../../../apps/cli/bin/evenkeel.js', import.meta.url));

/**
 * Starts a site as `evenkeel serve` does and waits until all of its search answers. Of meanings it knows the model of the
 * corpus: another model would read for hours, and take the processor from what is measured.
 */
export async function startSite(
  { dataDir, databaseUrl = '' }: FeedLocation,
  query: string,
): Promise<RunningSite> {
  const begun = performance.now();
  const since = () => performance.now() - begun;
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--data', dataDir], {
    env: {
      ...process.env,
      EVENKEEL_RATE_LIMIT: '9999999',
      EVENKEEL_SEARCH_MODEL: 'corpus',
      DATABASE_URL: databaseUrl,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    const url = String(line).trim().split(' ').at(-1)!;
    await textOf(`${url}/papers/date/${lastDay}`);
    const page = since();
    await textOf(`${url}/search?q=${query}`);
    const search = since();
    await meaningKnown(url);
    return {
      url,
      times: { page, search, meaning: since() },
      peakBytes: () => peakBytes(child),
      processorTime: () => processorTime(child),
      stop: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

async function textOf(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`feed: ${url}: got the status ${response.status}, expected 200`);
  return text;
}

async function meaningKnown(url: string): Promise<void> {
  for (;;) {
    const { search } = JSON.parse(await textOf(`${url}/readyz`)) as {
      search: { index: string; papers: number; embedded: number };
    };
    if (search.index === 'hybrid' && search.embedded === search.papers) return;
    await pause(200);
  }
}

function peakBytes({ pid }: ChildProcess): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return 1024 * Number(kibibytes);
}

/** Milliseconds of a tick of Linux's process times. */
const tick = 10;

function processorTime({ pid }: ChildProcess): number | undefined {
  if (process.platform !== 'linux') return undefined;
  // The name of the program, which stands before in brackets, may have spaces.
  const facts = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ');
  return tick * (Number(facts[11]) + Number(facts[12]));
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
