import { type Feed, ImportError, type SourceAddresses, type SourceOptions } from '@evenkeel/feed';

/** Takes papers in while somebody waits for the answer. Both give the paper's id, and throw ImportError. */
export interface Intake {
  /** Lists it today, with the address of a picture or film where there is one. */
  submit(arxivId: string, mediaUrl?: string): Promise<string>;
  /** Lists it nowhere. */
  index(arxivId: string): Promise<string>;
}

/** Milliseconds: less than a request may take. */
const patience = 25_000;

/** @param maxAgeDays age of submitted papers at the most */
export function intakeOf(feed: Feed, maxAgeDays: number, addresses: SourceAddresses | undefined): Intake {
  return {
    submit: (arxivId, mediaUrl) =>
      inTime(
        (options) => feed.submit(arxivId, { maxAgeDays, ...(mediaUrl && { mediaUrl }), ...options }),
        addresses,
      ),
    index: (arxivId) => inTime((options) => feed.indexPaper(arxivId, options), addresses),
  };
}

async function inTime(
  work: (options: SourceOptions) => Promise<string>,
  addresses: SourceAddresses | undefined,
): Promise<string> {
  const signal = AbortSignal.timeout(patience);
  try {
    return await work({ signal, ...(addresses && { addresses }) });
  } catch (error) {
    if (signal.aborted) throw new ImportError('arXiv does not answer now; try again later', { cause: error });
    throw error;
  }
}
