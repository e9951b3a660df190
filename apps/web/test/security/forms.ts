import * as cheerio from 'cheerio';
import type { Visitor } from '../visitor.js';

/** A form of the site as a visitor finds it. */
export interface FoundForm {
  /** What it does, whatever page it was found on: its method and route, such as `POST /papers/{id}?/vote`. */
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** Path and query that it is sent to. */
  readonly action: string;
  /** Every field that it has, with what stands in it. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Routes with a part that differs from page to page. */
const routes: readonly (readonly [RegExp, string])[] = [
  [/^\/papers\/(?!date\/|week\/|month\/|trending)[^?]+/, '/papers/{id}'],
  [/^\/(u|subscribe\/preferences)\/[^?]+/, '/$1/{token}'],
  [/^\/(authors|tags|venues|families)\/[^?]+/, '/$1/{name}'],
  [/^\/papers\/(date|week|month)\/[^?]+/, '/papers/$1/{name}'],
];

const routeOf = (action: string): string =>
  routes.reduce((route, [pattern, name]) => route.replace(pattern, name), action.replace(/\?(?!\/).*/, ''));

/** Forms of a page that scripts need not run. */
export function formsOf(html: string, path: string): FoundForm[] {
  const page = cheerio.load(html);
  return page('form')
    .toArray()
    .flatMap((element) => {
      const form = page(element);
      const method = form.attr('method')?.toUpperCase() === 'POST' ? 'POST' : 'GET';
      // Without either, a script is what takes it.
      if (form.attr('action') === undefined && form.attr('method') === undefined) return [];
      const { pathname, search } = new URL(form.attr('action') ?? '', new URL(path, 'http://site.invalid'));
      const action = pathname + search;
      const names = form.find('[name]').toArray();
      const fields = Object.fromEntries(
        names.map((field) => {
          const value = page(field).val();
          return [page(field).attr('name')!, typeof value === 'string' ? value : ''];
        }),
      );
      return [{ name: `${method} ${routeOf(action)}`, method, action, fields } as const];
    });
}

/** Follows the links of a site from a page on, and gives each kind of form that it finds, once. */
export async function findForms(
  visitor: Visitor,
  starts: readonly string[],
  most = 400,
): Promise<FoundForm[]> {
  const waiting = [...starts];
  const seen = new Set(waiting);
  const found = new Map<string, FoundForm>();
  for (let path = waiting.shift(); path !== undefined && seen.size < most; path = waiting.shift()) {
    const response = await visitor.get(path);
    if (!response.headers.get('content-type')?.startsWith('text/html')) continue;
    const html = await response.text();
    for (const form of formsOf(html, path)) {
      const key = `${form.name} ${Object.keys(form.fields).sort()}`;
      if (!found.has(key)) found.set(key, form);
    }
    for (const link of linksOf(html, path)) {
      if (seen.has(link)) continue;
      seen.add(link);
      waiting.push(link);
    }
  }
  return [...found.values()];
}

function linksOf(html: string, path: string): string[] {
  const page = cheerio.load(html);
  const here = new URL(path, 'http://site.invalid');
  return page('a[href]')
    .toArray()
    .flatMap((element) => {
      const { origin, pathname } = new URL(page(element).attr('href')!, here);
      return origin === here.origin ? [pathname] : [];
    });
}
