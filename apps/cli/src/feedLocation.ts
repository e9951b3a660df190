import { resolve } from 'node:path';
import type { FeedLocation } from '@evenkeel/feed';
import type { Io } from './io.js';
import type { SearchModel } from './settings.js';

/**
 * Where the feed lies: in the PostgreSQL database that `DATABASE_URL` names, else in the data folder; and by which
 * models its search compares meanings.
 */
export function feedLocation({ workingDir, environment }: Io, data: string): FeedLocation {
  const { DATABASE_URL, EVENKEEL_MODELS, EVENKEEL_SEARCH_MODEL } = environment;
  return {
    dataDir: resolve(workingDir, data),
    ...(DATABASE_URL && { databaseUrl: DATABASE_URL }),
    ...(EVENKEEL_MODELS && { modelsDir: resolve(workingDir, EVENKEEL_MODELS) }),
    ...(EVENKEEL_SEARCH_MODEL && { searchModel: EVENKEEL_SEARCH_MODEL as SearchModel }),
  };
}
