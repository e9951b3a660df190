import { describe, expect, it } from 'vitest';
import { listing, table } from './table.js';

const rows = [
  ['', 'a', 'long name'],
  ['loss', '12.5', '3'],
];

describe('table', () => {
  it('aligns numbers on the right under their heads', () => {
    expect(table(rows, 80)).toEqual(['         a  long name', 'loss  12.5          3']);
  });

  it('continues below with the columns that do not fit', () => {
    expect(table(rows, 16)).toEqual(['         a', 'loss  12.5', '', '      long name', 'loss          3']);
  });
});

describe('listing', () => {
  it('aligns all columns on the left without spaces at the end', () => {
    expect(
      listing([
        ['a', 'bb'],
        ['ccc', ''],
      ]),
    ).toEqual(['a    bb', 'ccc']);
  });
});
