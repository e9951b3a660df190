import {
  answer,
  day,
  get,
  inPath,
  listOf,
  objectId,
  post,
  problem,
  query,
  reference,
  text,
  whole,
} from './parts.js';

const papers = listOf(reference('Item'));
const paged = answer('Papers; a `Link` header leads to the next page', papers);
const nothing = answer('Done', reference('Nothing'));
const paperId = inPath(
  'id',
  'arXiv id with or without version, old ones with their slash; or the id of a paper without one',
);
const noPaper = { '404': problem('No such paper') };
const markdown = answer('The paper', text, 'text/markdown');
const page = { type: 'string', contentMediaType: 'text/html' } as const;

const lists = {
  '/api/daily_papers': get('Papers on the lists of days, of one day, week or month, or what trends', paged, {
    parameters: [
      query('date', day, 'A day; without papers, the last one before it that has some'),
      query('week', { ...text, pattern: '^\\d{4}-W\\d{2}$' }, 'A week, such as 2025-W09'),
      query('month', { ...text, pattern: '^\\d{4}-\\d{2}$' }, 'A month, such as 2025-02'),
      query('submitter', text, 'Name of whoever put them on the list'),
      query('sort', { enum: ['publishedAt', 'trending'], default: 'publishedAt' }, 'Order'),
      query('limit', whole(1, 100, 50), 'Papers a page'),
      query('p', whole(0, 1_000_000, 0), 'Page, from 0'),
    ],
  }),
  '/api/papers': get('All papers, newest first', paged, {
    parameters: [
      query('limit', whole(1, 100, 50), 'Papers a page'),
      query('cursor', text, 'From the `Link` header'),
    ],
  }),
  '/api/papers/search': get('Papers for a query', answer('Papers, best first', papers), {
    parameters: [
      query('q', { ...text, maxLength: 250 }, 'Words, "phrases", an arXiv id or a title'),
      query('family', text, 'Only papers of this family'),
      query('author', text, 'Only papers by somebody of this name'),
      query('tag', text, 'Only papers with this tag'),
      query('venue', text, 'Only papers that appeared there, such as ICLR 2025, or ICLR of any year'),
      query('from', day, 'Only papers on the list of this day or a later one'),
      query('to', day, 'Only papers on the list of this day or an earlier one'),
      query('limit', whole(1, 120, 120), 'Papers at the most'),
    ],
  }),
} as const;

const artifacts = (kind: string) =>
  get(
    `${kind} of a paper: none, since they are not recorded here`,
    answer('None', reference('NoArtifacts')),
    { parameters: [query('filter', text, 'Such as arxiv:2501.04697')] },
  );

const onePaper = {
  '/api/papers/{id}': get('One paper', answer('The paper', reference('Paper')), {
    parameters: [paperId],
    other: noPaper,
  }),
  '/papers/{id}.md': get('One paper as markdown', markdown, { parameters: [paperId], other: noPaper }),
  '/papers/{id}': get('The page of a paper; with `Accept: text/markdown`, the paper as markdown', markdown, {
    parameters: [paperId],
    other: noPaper,
  }),
  '/pictures/papers/{id}.png': get(
    'A picture for previews of links to a paper',
    answer('1200 × 630', {}, 'image/png'),
    { parameters: [paperId], other: noPaper },
  ),
  '/api/models': artifacts('Models'),
  '/api/datasets': artifacts('Datasets'),
  '/api/spaces': artifacts('Spaces'),
  '/api/arxiv/{id}/repos': get(
    'Models, datasets and spaces of a paper: none, since they are not recorded here',
    answer('None', reference('Artifacts')),
    { parameters: [paperId] },
  ),
  '/api/results/{slug}': get(
    'What was recorded of a paper’s experiment',
    answer('The results', reference('Results')),
    { parameters: [inPath('slug', 'Of a paper that runs here')], other: { '404': problem('None') } },
  ),
} as const;

const accounts = {
  '/api/whoami-v2': {
    get: {
      summary: 'Whose token it is',
      security: [{ token: [] }],
      responses: {
        '200': answer('The account', reference('Whoami')),
        '401': problem('No token of an account in the `Authorization` header'),
      },
    },
  },
  '/api/papers/index': post(
    'Takes a paper in from arXiv; one that is here, its authors only',
    { required: ['arxivId'], properties: { arxivId: { ...text, pattern: '^\\d{4}\\.\\d{4,5}$' } } },
    { ok: nothing, other: { '502': problem('arXiv does not give it now') } },
  ),
  '/api/papers/{id}/links': post(
    'Changes the links of a paper: its authors, its submitter and admins',
    { properties: { projectPage: text, githubRepo: text } },
    { ok: nothing, parameters: [inPath('id', 'Id or `discussionId` of the paper')] },
  ),
  '/api/settings/papers/claim': post(
    'Claims to be an author of a paper; for somebody else, admins only',
    {
      required: ['paperId', 'claimAuthorId'],
      properties: {
        paperId: text,
        claimAuthorId: { ...objectId, description: '`_id` of the author' },
        targetUserId: { ...objectId, description: 'Whoever it is; oneself unless said' },
      },
    },
    { ok: answer('The claim', reference('ClaimResult')) },
  ),
} as const;

const feedName = inPath(
  'name',
  'daily, newest, trending, search, week, month, date/…, week/…, month/…, families/…, authors/…, tags/…, venues/… or similar/…',
);
const feedTypes = {
  atom: 'application/atom+xml',
  rss: 'application/rss+xml',
  json: 'application/feed+json',
} as const;

const documents = {
  '/feeds/{name}.{format}': get(
    'A list as Atom, RSS or JSON Feed; of a search, its words (`q`), newest papers first',
    {
      description: 'The feed',
      content: Object.fromEntries(Object.values(feedTypes).map((type) => [type, { schema: text }])),
    },
    {
      parameters: [
        feedName,
        inPath('format', 'atom, rss or json', { enum: Object.keys(feedTypes) }),
        query('q', { ...text, maxLength: 250 }, 'Words of a search'),
      ],
      other: { '404': problem('No such feed, or no paper in it') },
    },
  ),
  '/llms.txt': get('What is here, for language models', answer('The text', text, 'text/plain')),
  '/robots.txt': get('What crawlers may read', answer('The text', text, 'text/plain')),
  '/sitemap.xml': get('Sitemaps of all pages', answer('The index', text, 'application/xml')),
  '/sitemap-{part}.xml': get('One of the sitemaps', answer('The sitemap', text, 'application/xml'), {
    parameters: [inPath('part', 'From 1', whole(1, 9999))],
    other: { '404': problem('No such part') },
  }),
  '/api/openapi.json': get('This description', answer('OpenAPI 3.1', { type: 'object' })),
  '/data/{name}': get(
    'A file that experiments fetch; its name changes with its bytes',
    {
      description: 'The file',
      content: { 'application/octet-stream': { schema: {} }, 'application/json': { schema: {} } },
    },
    { parameters: [inPath('name', 'As pages ask for it')], other: { '404': problem('No such file') } },
  ),
} as const;

const topics = [
  query('family', text, 'A family that is followed; more than one may be'),
  query('tags', text, 'Tags, between commas'),
  query('authors', text, 'Names of authors, a line each'),
  query('searches', text, 'Searches, a line each'),
];

const mail = {
  '/digest/preview': {
    ...get('What a subscriber would read today', answer('The mail', page, 'text/html'), {
      parameters: topics,
    }),
    post: {
      summary: 'The same for a form',
      requestBody: {
        required: true,
        content: { 'application/x-www-form-urlencoded': { schema: { type: 'object' } } },
      },
      responses: { '200': answer('The mail', page, 'text/html'), '400': problem('No such topics') },
    },
  },
  '/u/{token}': {
    get: {
      summary: 'A page with a button that ends a subscription',
      parameters: [inPath('token', 'From the mail')],
      responses: {
        '200': answer('The page', page, 'text/html'),
        '404': answer('The link is incomplete', page, 'text/html'),
      },
    },
    post: {
      summary: 'Ends a subscription by one click (RFC 8058)',
      parameters: [inPath('token', 'From the mail')],
      responses: {
        '200': answer('It has ended', page, 'text/html'),
        '404': answer('The link is incomplete', page, 'text/html'),
      },
    },
  },
} as const;

const upkeep = {
  '/healthz': {
    get: {
      summary: 'Whether the process answers, and what searches go by',
      responses: { '200': answer('It does', reference('Health')) },
    },
  },
  '/readyz': {
    get: {
      summary: 'Whether the database answers, and how far its data reach',
      responses: {
        '200': answer('It does', reference('Ready')),
        '503': answer('It does not', reference('Ready')),
      },
    },
  },
  '/metrics': {
    get: {
      summary: 'For Prometheus; from other computers by a token of the settings',
      responses: {
        '200': answer('The metrics', text, 'text/plain'),
        '403': answer('Not for this computer', text, 'text/plain'),
        '503': answer('The database does not answer', text, 'text/plain'),
      },
    },
  },
} as const;

export const paths = { ...lists, ...onePaper, ...accounts, ...documents, ...mail, ...upkeep };
