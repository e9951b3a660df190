import { createHash } from 'node:crypto';
import { normaliseTitle } from './import/title.js';

const address = /^(?:https?:\/\/(?:www\.|export\.)?arxiv\.org\/(?:abs|pdf|html)\/|arxiv:\s*)/;
const identifier = /^(\d{4})\.(\d{1,5})(?:v\d+)?$/;
const oldIdentifier = /^([a-z-]+)(?:\.[a-z]{2})?(\/\d{7})(?:v\d+)?$/;

/**
 * The arXiv id in a text, without version: `2501.04697` from `arXiv:2501.04697v2` or an arxiv.org address,
 * `math/0309136` from `math.GT/0309136`, `2401.00001` from `2401.001`. Undefined where the text is none.
 */
export function parseArxivId(text: string): string | undefined {
  const bare = text
    .trim()
    .toLowerCase()
    .replace(address, '')
    .replace(/\.pdf$/, '');
  const old = oldIdentifier.exec(bare);
  if (old) return `${old[1]}${old[2]}`;
  const [, month, number] = identifier.exec(bare) ?? [];
  return month === undefined || number === undefined ? undefined : inFull(month, number);
}

/** Programs drop zeros of a number or add some: it has four digits until 2014, and five since. */
function inFull(month: string, number: string): string | undefined {
  const isMonth = month >= '0704' && /(?:0[1-9]|1[0-2])$/.test(month);
  if (!isMonth) return number.length < 4 ? undefined : `${month}.${number}`;
  const digits = month < '1501' ? 4 : 5;
  return `${month}.${number.replace(/^0+/, '').padStart(digits, '0')}`;
}

/** The id of a paper whose arXiv id is not known: the same for every spelling of its title. */
export function provisionalId(title: string): string {
  const digest = createHash('sha256').update(normaliseTitle(title)).digest('hex');
  return `p-${digest.slice(0, 16)}`;
}

export function isProvisionalId(id: string): boolean {
  return /^p-[0-9a-f]{16}$/.test(id);
}

/** Twenty-four hexadecimal digits by which Hugging Face's API names a thing, the same each time for the same thing. */
export const objectId = (name: string): string =>
  createHash('sha256').update(name).digest('hex').slice(0, 24);
