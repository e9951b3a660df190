import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from './database/open.js';
import { temporaryLocation } from './testing/temporaryFeed.js';
import { unchangedAnswers } from './unchanged.js';

it('gives an answer again until something changes, here or by another process', async () => {
  const { dataDir, databaseUrl } = await temporaryLocation();
  const open = async () => {
    const db = await openDatabase(databaseUrl ?? join(dataDir, 'feed.db'));
    onTestFinished(() => db.destroy());
    return db;
  };
  const [here, there] = [await open(), await open()];
  const remember = unchangedAnswers(here);
  let asked = 0;
  const ask = () => remember(['question'], async () => ++asked);
  expect([await ask(), await ask()]).toEqual([1, 1]);
  expect(await remember(['another'], async () => 'else')).toBe('else');
  for (const [change, db] of [here, there].entries()) {
    await db
      .insertInto('source_pace')
      .values({ source: `source ${change}`, free_at: 0 })
      .execute();
    expect([await ask(), await ask()]).toEqual([change + 2, change + 2]);
  }
  await expect(remember(['bad'], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await remember(['bad'], async () => 'good')).toBe('good');
});
