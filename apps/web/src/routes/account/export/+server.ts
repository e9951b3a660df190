import type { ExportFormat } from '@evenkeel/feed';
import { error } from '@sveltejs/kit';
import { requireAccount } from '$lib/server/forms.js';
import type { RequestHandler } from './$types.js';

const types: Readonly<Record<ExportFormat, { type: string; ending: string }>> = {
  json: { type: 'application/json', ending: 'json' },
  bibtex: { type: 'application/x-bibtex', ending: 'bib' },
  csv: { type: 'text/csv', ending: 'csv' },
};

const isFormat = (text: string): text is ExportFormat => Object.hasOwn(types, text);

/** Everything that an account has here, as a file. */
export const GET: RequestHandler = async (event) => {
  const { id } = requireAccount(event);
  const format = event.url.searchParams.get('format') ?? 'json';
  if (!isFormat(format)) error(400, 'Expected json, bibtex or csv as the format.');
  const { type, ending } = types[format];
  return new Response(await event.locals.site.feed.people.export(id, format), {
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'content-disposition': `attachment; filename="evenkeel.${ending}"`,
      'content-security-policy': "default-src 'none'",
    },
  });
};
