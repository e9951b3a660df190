import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { isProvisionalId, parseArxivId, provisionalId } from './identifiers.js';

it.each([
  ['2501.04697', '2501.04697'],
  ['2501.04697v12', '2501.04697'],
  ['arXiv:0704.0001v1', '0704.0001'],
  ['https://arxiv.org/abs/2501.04697v2', '2501.04697'],
  ['https://arxiv.org/pdf/2501.04697.pdf', '2501.04697'],
  ['cs/9901002', 'cs/9901002'],
  ['cs/9901002v3', 'cs/9901002'],
  ['math.GT/0309136', 'math/0309136'],
  ['hep-th/9901001', 'hep-th/9901001'],
  ['2401.001', '2401.00001'],
  ['2401.0012v2', '2401.00012'],
  ['1412.01234', '1412.1234'],
  ['1412.123', '1412.0123'],
])('reads %s as the arXiv id %s', (text, id) => {
  expect(parseArxivId(text)).toBe(id);
});

it.each([
  '',
  'alf-lb',
  '2501',
  '2513.046',
  '0612.001',
  '2501.046971',
  'cs/99',
  'p-0123456789abcdef',
  '2501.04697; drop',
])('finds no arXiv id in %j', (text) => {
  expect(parseArxivId(text)).toBeUndefined();
});

it('makes a provisional id of the hash of the normalised title', () => {
  const hash = createHash('sha256').update('aharbourwithoutaclock').digest('hex');
  expect(provisionalId('A Harbour: Without a Clock!')).toBe(`p-${hash.slice(0, 16)}`);
  expect(isProvisionalId(provisionalId('A Harbour'))).toBe(true);
  expect(isProvisionalId('2501.04697')).toBe(false);
});
