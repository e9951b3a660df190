import { cleanLine, cut, webAddress } from './text.js';
import type { FeedPaper, Organization } from './types.js';

const mostMedia = 20;

/** What a source told of a paper beyond its facts, from the fields that were kept as they came; only what is well formed. */
export function importedFacts(extra: string | null): Pick<FeedPaper, 'organization' | 'mediaUrls'> {
  if (extra === null) return {};
  const { organization, mediaUrls } = JSON.parse(extra) as Readonly<Record<string, unknown>>;
  const group = organizationOf(organization);
  const media = (Array.isArray(mediaUrls) ? mediaUrls : []).flatMap((each) => addressOf(each) ?? []);
  return {
    ...(group && { organization: group }),
    ...(media.length > 0 && { mediaUrls: media.slice(0, mostMedia) }),
  };
}

function organizationOf(value: unknown): Organization | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { _id: id, name, fullname, avatar, avatarUrl } = value as Readonly<Record<string, unknown>>;
  const handle = line(name);
  if (handle === undefined) return undefined;
  const picture = addressOf(avatarUrl) ?? addressOf(avatar);
  return {
    name: handle,
    fullName: line(fullname) ?? handle,
    ...(typeof id === 'string' && /^[0-9a-f]{24}$/.test(id) && { id }),
    ...(picture && { avatarUrl: picture }),
  };
}

const addressOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? webAddress(value) : undefined;

function line(value: unknown): string | undefined {
  return typeof value === 'string' ? cleanLine(cut(value, 200)) || undefined : undefined;
}
