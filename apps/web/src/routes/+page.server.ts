import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals }) => ({ day: await locals.site.feed.day() });
