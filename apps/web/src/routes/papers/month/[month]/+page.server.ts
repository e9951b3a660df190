import { formatMonth } from '$lib/dates.js';
import { findPeriod } from '$lib/server/period.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = ({ locals, params, url }) =>
  findPeriod(locals, 'month', params.month, url.searchParams, { example: '2025-02', format: formatMonth });
