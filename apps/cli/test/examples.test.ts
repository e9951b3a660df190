import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { papers } from '@evenkeel/methods/papers';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const execute = promisify(execFile);
const root = new URL('../../../', import.meta.url);
/** Inside the repository, so that the packages are found; ignored by git. */
const folder = new URL('coverage/examples/', root);

const readme = await readFile(new URL('README.md', root), 'utf8');
const examples = [
  ...[...readme.matchAll(/```ts\n(.*?)```/gs)].map((match, i) => [`README ${i + 1}`, match[1]!] as const),
  ...papers.flatMap(({ slug, usage }) => (usage ? [[slug, usage] as const] : [])),
];
const fileOf = (i: number, ending: string) => fileURLToPath(new URL(`example${i}.${ending}`, folder));

describe('the examples that readers copy', () => {
  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    await Promise.all(examples.map(([, code], i) => writeFile(fileOf(i, 'mts'), code)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are there', () => {
    expect(examples.map(([name]) => name)).toEqual(expect.arrayContaining(['README 1', 'grokking-edge']));
  });

  it('pass strict type checks', () => {
    const program = ts.createProgram(
      examples.map((_, i) => fileOf(i, 'mts')),
      {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        noUncheckedIndexedAccess: true,
        target: ts.ScriptTarget.ES2023,
        lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
        module: ts.ModuleKind.NodeNext,
        types: [],
      },
    );
    const messages = ts.getPreEmitDiagnostics(program).map(({ messageText, file }) => {
      return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    expect(messages).toEqual([]);
  });

  it.each(examples.map(([name, code], i) => [name, code, i] as const))('run: %s', async (_, code, i) => {
    const script = ts.transpileModule(
      `${code}\nif (!(trained.loss < 0.1)) throw new Error(String(trained.loss));`,
      {
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
      },
    ).outputText;
    await writeFile(fileOf(i, 'mjs'), script);
    await execute(process.execPath, [fileOf(i, 'mjs')]);
  });
});
