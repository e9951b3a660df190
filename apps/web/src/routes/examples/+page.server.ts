import { redirect } from '@sveltejs/kit';
import type { PageServerLoad } from './$types.js';

/** They are listed with the verdicts. */
export const load: PageServerLoad = () => redirect(307, '/verdicts#examples');
