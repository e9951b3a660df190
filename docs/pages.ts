import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The folder of the documentation. */
export const docs = new URL('./', import.meta.url);

/** Pages with snippets, relative to `docs`. */
export const pages: readonly string[] = [
  '../README.md',
  ...readdirSync(new URL('guide/', docs))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `guide/${name}`),
];

/** Links and pictures of a page that lead to no file. */
export function brokenLinks(page: string): string[] {
  const url = new URL(page, docs);
  const targets = [...readFileSync(url, 'utf8').matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)];
  return targets
    .map(([, link, attribute]) => link ?? attribute!)
    .filter((target) => !/^(https?:|#)/.test(target) && !existsSync(new URL(target.split('#')[0]!, url)));
}

/** The rows of all tables of a page: cells by the heading of their column. */
export function tableRows(page: string): Record<string, string>[] {
  const cellsOf = (line: string) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
  const rows: Record<string, string>[] = [];
  let heading: string[] | undefined;
  for (const line of readFileSync(new URL(page, docs), 'utf8').split('\n')) {
    if (!line.startsWith('|')) heading = undefined;
    else if (!heading) heading = cellsOf(line);
    else if (!/^[|\s:-]+$/.test(line)) {
      const cells = cellsOf(line);
      rows.push(Object.fromEntries(heading.map((name, i) => [name, cells[i] ?? ''])));
    }
  }
  return rows;
}
