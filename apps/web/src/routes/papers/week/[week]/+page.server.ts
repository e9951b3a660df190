import { formatWeek } from '$lib/dates.js';
import { findPeriod } from '$lib/server/period.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = ({ locals, params, url }) =>
  findPeriod(locals, 'week', params.week, url.searchParams, { example: '2025-W09', format: formatWeek });
