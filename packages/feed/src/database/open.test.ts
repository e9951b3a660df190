import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import Connection from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openFeed } from '../feed.js';
import { compiledProgram } from '../testing/compiledProgram.js';
import { importText, pageBlock, temporaryFolder } from '../testing/temporaryFeed.js';
import { openDatabase } from './open.js';

/** Opens the feed of a folder at the moment it is told, imports pages one by one, and says when it is done. */
const program = `
import { openFeed } from './index.js';
const [dataDir, name, pages] = process.argv.slice(2);
process.once('message', async () => {
  const feed = await openFeed({ dataDir });
  for (let page = 0; page < Number(pages); page++) {
    const title = \`Paper \${name} \${'x'.repeat(page + 1)}\`;
    const text = \`\${title}\\n\\nIt is short.\\n\\n  • 3 authors\\n·\\nMay 21, 2024\\n\`;
    await feed.importSavedPage(new TextEncoder().encode(text), { savedOn: '2025-12-11', name });
  }
  await feed.close();
  process.disconnect();
});
process.send('ready');
`;

/** Runs the program in several processes that all begin at the same moment; their exit codes. */
async function runTogether(dataDir: string, names: readonly string[], pages: number): Promise<unknown[]> {
  const path = await compiledProgram(program);
  const children: ChildProcess[] = names.map((name) =>
    fork(path, [dataDir, name, String(pages)], { execArgv: [] }),
  );
  onTestFinished(() => {
    for (const child of children) child.kill();
  });
  await Promise.all(children.map((child) => once(child, 'message')));
  const ends = children.map((child) => once(child, 'exit'));
  for (const child of children) child.send('go');
  return (await Promise.all(ends)).map(([code]) => code);
}

describe('several processes on one folder', () => {
  it('may start at the same moment on an empty folder, and lose nothing that they write', async () => {
    const dataDir = join(await temporaryFolder(), 'new', 'data');
    const names = ['North', 'East', 'South', 'West'];
    expect(await runTogether(dataDir, names, 5)).toEqual([0, 0, 0, 0]);
    const feed = await openFeed({ dataDir });
    onTestFinished(() => feed.close());
    expect(await feed.days()).toEqual([{ date: '2025-12-11', count: 20 }]);
    for (const name of names) expect((await feed.search(`"paper ${name}"`)).total).toBe(5);
  });

  it('see what the others have written', async () => {
    const dataDir = await temporaryFolder();
    const [writer, reader] = [await openFeed({ dataDir }), await openFeed({ dataDir })];
    onTestFinished(async () => {
      await writer.close();
      await reader.close();
    });
    await importText(writer, pageBlock('Paper Boats'));
    expect((await reader.search('boats')).total).toBe(1);
  });
});

describe('opening a folder', () => {
  it('makes it when it is missing, and finds everything again later', async () => {
    const dataDir = join(await temporaryFolder(), 'a', 'b');
    const first = await openFeed({ dataDir });
    await importText(first, pageBlock('Paper Boats'));
    const list = await first.day();
    await first.close();
    expect((await stat(join(dataDir, 'evenkeel.db'))).isFile()).toBe(true);
    const second = await openFeed({ dataDir });
    onTestFinished(() => second.close());
    expect(await second.day()).toEqual(list);
  });

  it('keeps what was acknowledged through a power loss, checks references, and waits for other writers', async () => {
    const db = await openDatabase(join(await temporaryFolder(), 'evenkeel.db'));
    onTestFinished(() => db.destroy());
    const setting = async (name: string) =>
      Object.values((await sql`pragma ${sql.raw(name)}`.execute(db)).rows[0] ?? {});
    expect(await setting('journal_mode')).toEqual(['wal']);
    expect(await setting('synchronous')).toEqual([2]);
    expect(await setting('foreign_keys')).toEqual([1]);
    expect(await setting('busy_timeout')).toEqual([5000]);
  });

  it('refuses a database from a newer version', async () => {
    const dataDir = await temporaryFolder();
    await (await openFeed({ dataDir })).close();
    const database = new Connection(join(dataDir, 'evenkeel.db'));
    database.exec("insert into kysely_migration values ('9999-hover', '2099-01-01T00:00:00.000Z')");
    database.close();
    await expect(openFeed({ dataDir })).rejects.toThrow(
      /evenkeel\.db.*newer version.*got migration 9999-hover/,
    );
  });

  it('refuses a file that is no database, and a folder that is a file', async () => {
    const dataDir = await temporaryFolder();
    await writeFile(join(dataDir, 'evenkeel.db'), 'This is no database. '.repeat(100));
    await expect(openFeed({ dataDir })).rejects.toThrow(`openFeed: dataDir: ${dataDir}`);
    await expect(openFeed({ dataDir: join(dataDir, 'evenkeel.db') })).rejects.toThrow(
      /openFeed: dataDir: .*EEXIST/,
    );
  });
});
