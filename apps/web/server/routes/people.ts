import { type Account, ImportError, PeopleError } from '@evenkeel/feed';
import { type Context, Hono } from 'hono';
import { ApiError } from '../apiError.js';
import type { Site } from '../site.js';
import { authorId } from '../wire.js';

/**
 * What programs do for an account, in Hugging Face's form: who one is, taking a paper in, its links, and claiming it.
 * A token in the `Authorization` header says whose account it is; cookies count for nothing here.
 */
export function peopleRoutes(site: Site): Hono {
  const { people } = site.feed;
  const routes = new Hono();

  routes.get('/api/whoami-v2', async (c) => {
    const { id, name, fullName, email, createdAt, isAdmin } = await requireAccount(site, c);
    c.header('cache-control', 'private, no-store');
    return c.json({
      type: 'user',
      id,
      name,
      fullname: fullName || name,
      email,
      emailVerified: true,
      isPro: false,
      isAdmin,
      avatarUrl: '/favicon.svg',
      createdAt,
      orgs: [],
      auth: { type: 'access_token', accessToken: { displayName: 'Evenkeel', role: 'write' } },
    });
  });

  routes.post('/api/papers/index', async (c) => {
    const account = await requireAccount(site, c);
    const { arxivId } = await bodyOf(c);
    if (typeof arxivId !== 'string' || !/^\d{4}\.\d{4,5}$/.test(arxivId)) {
      throw new ApiError(400, 'BadRequest', 'arxivId: expected an arXiv id such as 2501.04697');
    }
    await withRules(() => indexPaper(site, account, arxivId));
    return c.json({});
  });

  routes.post('/api/papers/:id{.+}/links', async (c) => {
    const account = await requireAccount(site, c);
    const { projectPage, githubRepo, organizationId } = await bodyOf(c);
    if (organizationId !== undefined) {
      throw new ApiError(400, 'BadRequest', 'organizationId: organisations are not kept here');
    }
    const links = {
      ...optionalText('projectPage', projectPage, 'projectPage'),
      ...optionalText('repository', githubRepo, 'githubRepo'),
    };
    await withRules(() => people.setLinks(account.id, c.req.param('id'), links));
    return c.json({});
  });

  routes.post('/api/settings/papers/claim', async (c) => {
    const account = await requireAccount(site, c);
    const { paperId, claimAuthorId, targetUserId } = await bodyOf(c);
    const paper = typeof paperId === 'string' ? await site.feed.paper(paperId) : undefined;
    if (!paper) throw new ApiError(404, 'PaperNotFound', 'paperId: no such paper is here');
    const author = paper.authors.find((name) => authorId(paper.id, name) === claimAuthorId);
    if (author === undefined) throw new ApiError(404, 'AuthorNotFound', 'claimAuthorId: no such author');
    const status = await withRules(() =>
      claimFor(site, account, { paperId: paper.id, author, targetUserId }),
    );
    return c.json({ paperId: paper.id, claimAuthorId, status });
  });
  return routes;
}

async function requireAccount({ feed }: Site, c: Context): Promise<Account> {
  const token = /^Bearer (\S{1,200})$/i.exec(c.req.header('authorization') ?? '')?.[1];
  const account = token === undefined ? undefined : await feed.people.accountOfToken(token);
  if (account) return account;
  c.header('www-authenticate', 'Bearer');
  throw new ApiError(401, 'Unauthorized', 'expected a token of your account in the Authorization header');
}

async function bodyOf(c: Context): Promise<Record<string, unknown>> {
  const body: unknown = await c.req.json().catch(() => undefined);
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  throw new ApiError(400, 'BadRequest', 'body: expected a JSON object');
}

function optionalText<Name extends string>(name: Name, value: unknown, asked: string) {
  if (value === undefined) return {};
  if (typeof value !== 'string') throw new ApiError(400, 'BadRequest', `${asked}: expected a text`);
  return { [name]: value } as Record<Name, string>;
}

/** A paper that is here already is taken in anew by its authors and admins only. */
async function indexPaper({ feed, intake }: Site, account: Account, arxivId: string): Promise<void> {
  const known = await feed.paper(arxivId);
  if (known && !account.isAdmin && !(await feed.people.isAuthor(account.id, known.id))) {
    throw new PeopleError('not allowed', 'This paper is here already; its authors can index it again.');
  }
  if (known) {
    await intake.index(arxivId);
    return;
  }
  await feed.people.checkSubmission(account.id, { requireClaim: false });
  await feed.people.recordSubmission(account.id, await intake.index(arxivId));
}

async function claimFor(
  { feed: { people } }: Site,
  account: Account,
  { paperId, author, targetUserId }: { paperId: string; author: string; targetUserId: unknown },
): Promise<string> {
  if (targetUserId === undefined || targetUserId === account.id) {
    await people.claim(account.id, { paperId, author, evidence: '' });
    return 'claimed';
  }
  const target = typeof targetUserId === 'string' ? await people.accountById(targetUserId) : undefined;
  if (!account.isAdmin || !target) {
    throw new PeopleError('not allowed', 'Only admins can claim a paper for somebody else.');
  }
  await people.assignAuthor(account.id, { paperId, author, name: target.name });
  return 'admin_assigned';
}

const statuses = { 'bad input': 400, 'not allowed': 403, 'not found': 404, 'too many': 429 } as const;
const codes = {
  'bad input': 'BadRequest',
  'not allowed': 'Forbidden',
  'not found': 'NotFound',
  'too many': 'TooManyRequests',
} as const;

/** Does something; what the rules refuse becomes an answer. */
async function withRules<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PeopleError)
      throw new ApiError(statuses[error.kind], codes[error.kind], error.message);
    if (error instanceof ImportError) throw new ApiError(502, 'SourceRefused', error.message);
    throw error;
  }
}
