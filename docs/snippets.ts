import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** A block of TypeScript on a page. */
export interface Snippet {
  readonly page: string;
  /** The page and the line on which the block begins, such as `guide/derivatives.md:12`. */
  readonly place: string;
  /** Of the file that it is: what a first line such as `// page.ts` says, or one made of its number on the page. */
  readonly file: string;
  /** Where it runs: blocks that begin with three backticks and `ts browser` run in a page. */
  readonly runsIn: 'node' | 'browser';
  readonly code: string;
}

/** All blocks of TypeScript of a page, in order. */
export function snippetsOf(folder: URL, page: string): Snippet[] {
  const text = readFileSync(new URL(page, folder), 'utf8');
  return [...text.matchAll(/^```ts( browser)?\n(.*?)^```$/gms)].map((match, i) => {
    const [, browser, code] = match;
    const line = text.slice(0, match.index).split('\n').length;
    const file = /^\/\/ (\S+\.ts)\n/.exec(code!)?.[1] ?? `snippet${i + 1}.ts`;
    return { page, place: `${page}:${line}`, file, runsIn: browser ? 'browser' : 'node', code: code! };
  });
}

/** What the comments `// → …` of a snippet say that it prints, in order. */
export const promisedBy = ({ code }: Snippet): string[] =>
  [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text!);

const numbers = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;
const spaced = (text: string): string => text.trim().replace(/\s+/g, ' ');

/**
 * Whether a snippet printed what it promises. Whole numbers must be equal. A number with decimals stands for what rounds
 * to it, and one followed by `± d` at the end of the line for what is within d of it.
 */
export function keeps(promise: string, printed: string): boolean {
  const [shown, margin] = promise.split('±') as [string, string?];
  const [expected, actual] = [spaced(shown), spaced(printed)];
  if (expected.replace(numbers, '#') !== actual.replace(numbers, '#')) return false;
  const got = actual.match(numbers) ?? [];
  return (expected.match(numbers) ?? []).every((number, i) => {
    const decimals = /\.(\d+)/.exec(number)?.[1]?.length ?? 0;
    const exponent = Number(/e(.*)/.exec(number)?.[1] ?? 0);
    const rounding = decimals === 0 ? 0 : 0.5 * 10 ** (exponent - decimals);
    const tolerance = margin === undefined ? rounding : Number(margin);
    return Math.abs(Number(number) - Number(got[i])) <= tolerance * (1 + 1e-9);
  });
}

/**
 * Compiles snippets as modules of the folder that this file is in.
 * @returns what the compiler complains about, each with the place on its page
 */
export function typeErrors(snippets: readonly Snippet[]): string[] {
  const here = fileURLToPath(new URL('./', import.meta.url));
  const byPath = new Map(snippets.map((snippet) => [pathOf(here, snippet), snippet]));
  const base = ts.readConfigFile(`${here}../tsconfig.base.json`, ts.sys.readFile).config.compilerOptions;
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...base,
      composite: false,
      declarationMap: false,
      declaration: false,
      noEmit: true,
      lib: ['ES2023', 'DOM'],
    },
    here,
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => byPath.has(path) || fileExists(path);
  host.directoryExists = () => true;
  host.readFile = (path) => byPath.get(path)?.code ?? readFile(path);
  const program = ts.createProgram([...byPath.keys()], options, host);
  return [...byPath].flatMap(([path, { place }]) => {
    const file = program.getSourceFile(path)!;
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ start, messageText }) => {
      const line = file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      return `${place}, line ${line} of the snippet: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  });
}

/** A folder for each page, so that its snippets are files beside each other. */
export const pathOf = (folder: string, { page, file }: Snippet): string =>
  `${folder}${page.replace(/\W+/g, '-')}/${file}`;
