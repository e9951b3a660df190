import { type Feed, openFeed } from '@evenkeel/feed';
import { catalogueDay, papers } from '@evenkeel/methods/papers';
import { openResults, type RecordedResults } from './results.js';

/** What pages and API read from. */
export interface Site {
  readonly feed: Feed;
  readonly results: RecordedResults;
}

/** Where a site's data lie. */
export interface SiteFolders {
  /** Folder of the feed's database; made when missing. */
  readonly dataDir: string;
  /** Folder of the recorded results, `<slug>.json` each; without it no paper has a verdict. */
  readonly resultsDir?: string;
}

/** Opens the feed, takes the built-in papers in and finds the recorded results. The caller closes `site.feed`. */
export async function openSite({ dataDir, resultsDir }: SiteFolders): Promise<Site> {
  const feed = await openFeed({ dataDir });
  try {
    await feed.addCatalogue(papers, catalogueDay);
  } catch (error) {
    await feed.close();
    throw error;
  }
  return { feed, results: openResults(resultsDir) };
}
