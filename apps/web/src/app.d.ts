import type { Account } from '@evenkeel/feed';
import type { Site, SiteRequest } from '@evenkeel/web/server';

declare global {
  namespace App {
    interface Locals {
      site: Site;
      /** Whoever is signed in. */
      account?: Account | undefined;
    }
    interface Platform {
      req: SiteRequest;
    }
  }
}
