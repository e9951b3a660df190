import type { Site, SiteRequest } from '@evenkeel/web/server';

declare global {
  namespace App {
    interface Locals {
      site: Site;
    }
    interface Platform {
      req: SiteRequest;
    }
  }
}
