import { isDay } from '@evenkeel/feed';
import { error } from '@sveltejs/kit';
import { formatDay } from '$lib/dates.js';
import { findDay } from '$lib/server/day.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals, params, url }) => {
  if (!isDay(params.date))
    error(404, `“${params.date}” is no day of the calendar; a day is written like 2025-12-11.`);
  const day = await findDay(locals, url.searchParams, params.date);
  if (!day) error(404, `No papers are listed here on or before ${formatDay(params.date)}.`);
  return { asked: params.date, day };
};
