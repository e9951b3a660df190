import { createHash } from 'node:crypto';
import { normaliseTitle } from './import/title.js';

const address = /^(?:https?:\/\/(?:www\.|export\.)?arxiv\.org\/(?:abs|pdf|html)\/|arxiv:\s*)/;
const identifier = /^(\d{4}\.\d{4,5})(?:v\d+)?$/;
const oldIdentifier = /^([a-z-]+)(?:\.[a-z]{2})?(\/\d{7})(?:v\d+)?$/;

/**
 * The arXiv id in a text, without version: `2501.04697` from `arXiv:2501.04697v2` or an arxiv.org address,
 * `math/0309136` from `math.GT/0309136`. Undefined where the text is none.
 */
export function parseArxivId(text: string): string | undefined {
  const bare = text
    .trim()
    .toLowerCase()
    .replace(address, '')
    .replace(/\.pdf$/, '');
  const old = oldIdentifier.exec(bare);
  return old ? `${old[1]}${old[2]}` : identifier.exec(bare)?.[1];
}

/** The id of a paper whose arXiv id is not known: the same for every spelling of its title. */
export function provisionalId(title: string): string {
  const digest = createHash('sha256').update(normaliseTitle(title)).digest('hex');
  return `p-${digest.slice(0, 16)}`;
}

export function isProvisionalId(id: string): boolean {
  return /^p-[0-9a-f]{16}$/.test(id);
}
