import { findDay } from '$lib/server/day.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals, url }) => ({
  day: await findDay(locals, url.searchParams),
});
