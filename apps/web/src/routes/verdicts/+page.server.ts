import { listExamples, listVerdicts } from '$lib/server/verdicts.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals: { site } }) => ({
  papers: await listVerdicts(site),
  examples: await listExamples(site),
});
