import type { ModelFacts } from '../models/model.js';

/** What the latent semantic analysis with this id is known by. */
export const lsaFacts = (id: string, dimension: number): ModelFacts => ({
  id,
  name: 'latent semantic analysis',
  dimension,
  least: 0.2,
});
