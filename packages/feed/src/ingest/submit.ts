import type { Kysely } from 'kysely';
import { today } from '../calendar.js';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { ImportError } from '../errors.js';
import { parseArxivId } from '../identifiers.js';
import { dayOrder, setDayOrder } from '../lists.js';
import { webAddress } from '../text.js';
import type { SourceOptions, SubmitOptions } from '../types.js';
import { parseArxivAtom } from './arxivAtom.js';
import { inTurn } from './pace.js';
import { queryAddress } from './pages.js';
import { type PaperRecord, withdrawnOn } from './record.js';
import { ask, realClock } from './request.js';
import { storePapers } from './storePapers.js';

const dayLength = 86_400_000;

/** Days within which a paper may be put on a list. */
const usualAge = 14;

/**
 * Takes one paper in by its arXiv id and lists it on a day.
 * @returns its id
 * @throws ImportError for what is no arXiv id, is not on arXiv, is withdrawn or too old, for media
 *   that are no https address, and when arXiv does not answer
 */
export async function submit(
  db: Kysely<Database>,
  text: string,
  options: SubmitOptions = {},
): Promise<string> {
  const { day = today(), maxAgeDays = usualAge, mediaUrl } = options;
  const media = mediaUrl === undefined ? undefined : webAddress(mediaUrl);
  if (mediaUrl !== undefined && !media?.startsWith('https:')) {
    const got = JSON.stringify(mediaUrl.slice(0, 100));
    throw new ImportError(`submit: mediaUrl: got ${got}, expected an address that begins https://`);
  }
  const record = await askRecord(db, text, options);
  const age = (Date.parse(day) - Date.parse(record.publishedOn ?? '')) / dayLength;
  if (!(age <= maxAgeDays)) {
    throw new ImportError(
      `submit: ${record.arxivId}: published on ${record.publishedOn}, expected at most ${maxAgeDays} days before ${day}`,
    );
  }
  if (withdrawnOn(record)) throw new ImportError(`submit: ${record.arxivId}: its authors have withdrawn it`);
  return write(db, async (transaction) => {
    const id = await storeOne(transaction, {
      ...record,
      ...(media && { extra: { mediaUrls: [media] } }),
    });
    const listed = await dayOrder(transaction, day);
    if (!listed.includes(id)) await setDayOrder(transaction, day, [...listed, id]);
    return id;
  });
}

/**
 * Takes one paper in by its arXiv id, of any age, and lists it nowhere.
 * @returns its id
 * @throws ImportError for what is no arXiv id or is not on arXiv, and when arXiv does not answer
 */
export async function indexPaper(
  db: Kysely<Database>,
  text: string,
  options: SourceOptions = {},
): Promise<string> {
  const record = await askRecord(db, text, options);
  return write(db, (transaction) => storeOne(transaction, record));
}

async function storeOne(db: Kysely<Database>, record: PaperRecord): Promise<string> {
  const [stored] = await storePapers(db, [record]);
  return stored!.id;
}

/** What arXiv says of a paper. */
async function askRecord(
  db: Kysely<Database>,
  text: string,
  { clock = realClock, signal, addresses }: SourceOptions,
): Promise<PaperRecord> {
  const arxivId = parseArxivId(text);
  if (arxivId === undefined) {
    throw new ImportError(
      `submit: got ${JSON.stringify(text.slice(0, 100))}, expected an arXiv id such as 2501.04697`,
    );
  }
  const url = new URL(addresses?.query ?? queryAddress);
  url.searchParams.set('id_list', arxivId);
  url.searchParams.set('max_results', '1');
  const requester = {
    clock,
    signal,
    random: Math.random,
    turn: <Result>(request: () => Promise<Result>) => inTurn(db, 'arxiv', { clock, signal }, request),
  };
  const { records } = await ask(requester, url, parseArxivAtom);
  const record = records.find((each) => each.arxivId === arxivId);
  if (!record) throw new ImportError(`submit: ${arxivId}: arXiv has no such paper`);
  return record;
}
