import { expect, it } from 'vitest';
import { loggedPath, openLog } from '../server/log.js';

it.each([
  ['/papers/2501.04697?q=mine#x', '/papers/2501.04697'],
  ['/u/secret/more', '/u/…'],
  ['/sign-in/secret?next=/account', '/sign-in/…'],
  ['/sign-in', '/sign-in'],
  ['/nothing/ada@example.org', '/nothing/…'],
  ['/nothing/ada%40example.org', '/nothing/…'],
])('logs %s as %s', (url, path) => {
  expect(loggedPath(url)).toBe(path);
});

it('logs the beginning of endless paths', () => {
  expect(loggedPath('/gh'.repeat(6000))).toHaveLength(4000);
});

it('tells of an error what went wrong here, and nothing of whom it was about', () => {
  const lines: string[] = [];
  const log = openLog('info', { write: (line) => void lines.push(line) });
  const token = 'ek_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';
  const hash = '0123456789abcdef'.repeat(3);
  const cause = new Error('smtps://user:password@mail.example.org does not answer');
  const error = new Error(`key (address)=(ada.l+x@example.org) exists: ${token} ${hash}`, { cause });
  log.error(
    Object.assign(error, { code: '23505', detail: 'Key (address)=(ada.l+x@example.org)' }) && { err: error },
    'fault',
  );
  const { err } = JSON.parse(lines[0]!) as { err: { message: string; code: string; stack: string } };
  expect(err).toMatchObject({
    type: 'Error',
    code: '23505',
    message: 'key (address)=(…) exists: … …',
    cause: { message: 'smtps://…@mail.example.org does not answer' },
  });
  expect(err.stack).toContain('log.test.ts');
  for (const secret of ['ada', 'password', token, hash, 'detail']) expect(lines[0]).not.toContain(secret);
});
