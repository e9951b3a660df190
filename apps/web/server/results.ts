import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseResults, type Results } from '@evenkeel/lab';
import type { Log } from './log.js';

/** The recorded results of a folder, as they are now: a file written while the site runs is seen. */
export interface RecordedResults {
  /** The results of one paper; undefined when there are none, or none that can be read. */
  of(slug: string): Promise<Results | undefined>;
  /** A text that differs when a file has come, gone or been replaced. */
  version(): Promise<string>;
}

const slugPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/**
 * @param folder of files `<slug>.json`; left out or missing: no paper has results
 * @param onRead told of results when they are read, and again when their file has changed
 */
export function openResults(
  folder: string | undefined,
  log: Log,
  onRead?: (slug: string, results: Results) => Promise<void>,
): RecordedResults {
  const read = new Map<string, { modified: number; results: Results | undefined }>();
  return {
    async version() {
      if (folder === undefined) return '';
      return stat(folder).then(
        ({ mtimeMs }) => String(mtimeMs),
        () => '',
      );
    },
    async of(slug) {
      if (folder === undefined || !slugPattern.test(slug)) return undefined;
      const path = join(folder, `${slug}.json`);
      const modified = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      );
      if (modified === undefined) return undefined;
      const known = read.get(slug);
      if (known?.modified === modified) return known.results;
      const results = await readResults(path, log);
      read.set(slug, { modified, results });
      if (results) await onRead?.(slug, results);
      return results;
    },
  };
}

async function readResults(path: string, log: Log): Promise<Results | undefined> {
  try {
    return parseResults(await readFile(path, 'utf8'));
  } catch (error) {
    log.error({ path, err: error }, 'results cannot be read');
    return undefined;
  }
}
