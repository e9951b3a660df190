import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { temporaryFolder } from './temporaryFeed.js';

const sources = fileURLToPath(new URL('..', import.meta.url));
const modules = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

/**
 * The package as plain JavaScript in a folder of its own, for processes that read no TypeScript.
 * @param program text of a module that stands beside the package's own
 * @returns path of that module
 */
export async function compiledProgram(program: string): Promise<string> {
  const folder = await temporaryFolder();
  const files = await readdir(sources, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
    const compilerOptions = {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
    };
    const { outputText } = ts.transpileModule(await readFile(join(sources, file), 'utf8'), {
      compilerOptions,
    });
    const target = join(folder, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
  await symlink(modules, join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'program.js'), program);
  return join(folder, 'program.js');
}
