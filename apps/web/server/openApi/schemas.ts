import { count, day, flag, listOf, moment, objectId, reference, text } from './parts.js';

const address = { ...text, description: 'Of this site where it begins with a slash' };

const User = {
  type: 'object',
  required: ['_id', 'name', 'fullname', 'avatarUrl', 'type', 'isPro'],
  properties: {
    _id: objectId,
    name: text,
    user: { ...text, description: 'The same as `name`; clients read either' },
    fullname: text,
    avatarUrl: address,
    type: { enum: ['user', 'org'] },
    isPro: flag,
  },
} as const;

const Organization = {
  type: 'object',
  required: ['_id', 'name', 'fullname', 'avatarUrl'],
  properties: { _id: objectId, name: text, fullname: text, avatarUrl: address },
} as const;

const Author = {
  type: 'object',
  required: ['_id', 'name', 'hidden'],
  properties: {
    _id: objectId,
    name: text,
    hidden: flag,
    status: { enum: ['claimed', 'claimed_verified', 'admin_assigned'] },
    statusLastChangedAt: moment,
    user: reference('User'),
  },
} as const;

const Own = {
  type: 'object',
  required: ['implemented'],
  description: 'Of this site alone: whether the method runs here and what came of it',
  properties: {
    implemented: flag,
    slug: text,
    runUrl: { ...text, format: 'uri' },
    baseline: text,
    lastRun: moment,
    verdict: { enum: ['reproduced', 'partly', 'not reproduced'] },
  },
} as const;

/** What stands both in a paper and beside it. */
const paperFacts = {
  id: { ...text, description: 'arXiv id without version, or that of a paper without one' },
  title: text,
  summary: { ...text, description: 'The abstract, else our own sentence' },
  authors: listOf(reference('Author')),
  publishedAt: {
    ...moment,
    description:
      'In a paper, when it was published (the day of the list where no source says so); beside it, when it was put on the list',
  },
  upvotes: count,
  discussionId: objectId,
  submittedOnDailyAt: moment,
  submittedOnDailyBy: reference('User'),
  githubRepo: { ...text, format: 'uri' },
  githubStars: count,
  projectPage: { ...text, format: 'uri' },
  organization: reference('Organization'),
  mediaUrls: listOf({ ...text, format: 'uri' }),
  ai_summary: text,
  ai_keywords: listOf(text),
  withdrawnAt: moment,
} as const;

const alwaysThere = ['id', 'title', 'summary', 'authors', 'publishedAt', 'upvotes', 'discussionId'] as const;

const Item = {
  type: 'object',
  required: [
    ...alwaysThere,
    ...['numComments', 'thumbnail', 'submittedBy', 'isAuthorParticipating', 'source', 'paper', 'evenkeel'],
  ],
  description: 'A paper in a list',
  properties: {
    ...paperFacts,
    numComments: count,
    thumbnail: { ...text, format: 'uri' },
    submittedBy: reference('User'),
    isAuthorParticipating: flag,
    source: text,
    paper: { type: 'object', required: alwaysThere, properties: paperFacts },
    evenkeel: reference('Own'),
  },
} as const;

const none = { type: 'array', maxItems: 0 } as const;

const Paper = {
  type: 'object',
  required: [...alwaysThere, 'numComments', 'source', 'evenkeel'],
  properties: {
    ...paperFacts,
    numComments: count,
    source: text,
    linkedModels: none,
    linkedDatasets: none,
    linkedSpaces: none,
    numTotalModels: count,
    numTotalDatasets: count,
    numTotalSpaces: count,
    evenkeel: reference('Own'),
  },
} as const;

const Whoami = {
  type: 'object',
  required: ['type', 'id', 'name', 'auth'],
  properties: {
    type: { const: 'user' },
    id: objectId,
    name: text,
    fullname: text,
    email: { ...text, format: 'email' },
    emailVerified: flag,
    isPro: flag,
    isAdmin: flag,
    avatarUrl: address,
    createdAt: moment,
    orgs: none,
    auth: {
      type: 'object',
      required: ['type', 'accessToken'],
      properties: {
        type: { const: 'access_token' },
        accessToken: { type: 'object', properties: { displayName: text, role: text } },
      },
    },
  },
} as const;

const Health = {
  type: 'object',
  required: ['status', 'search'],
  properties: {
    status: { const: 'ok' },
    search: { enum: ['full-text', 'hybrid', 'unknown'] },
    model: { ...text, description: 'Name of the model that compares meanings' },
  },
} as const;

const Ready = {
  type: 'object',
  required: ['status'],
  properties: {
    status: text,
    latestDay: { anyOf: [day, { type: 'null' }] },
    search: {
      type: 'object',
      required: ['index', 'papers', 'embedded'],
      properties: {
        index: { enum: ['full-text', 'hybrid'] },
        model: { type: 'object', properties: { id: text, name: text, dimension: count } },
        papers: count,
        embedded: count,
        problem: text,
      },
    },
  },
} as const;

const ClaimResult = {
  type: 'object',
  required: ['paperId', 'claimAuthorId', 'status'],
  properties: { paperId: text, claimAuthorId: objectId, status: { enum: ['claimed', 'admin_assigned'] } },
} as const;

const Artifacts = {
  type: 'object',
  required: ['models', 'datasets', 'spaces'],
  properties: { models: none, datasets: none, spaces: none },
} as const;

export const schemas = {
  Error: { type: 'object', required: ['error'], properties: { error: text } },
  User,
  Organization,
  Author,
  Own,
  Item,
  Paper,
  Whoami,
  Health,
  Ready,
  ClaimResult,
  Artifacts,
  Nothing: { type: 'object', maxProperties: 0 },
  NoArtifacts: none,
  Results: {
    type: 'object',
    description: 'Claims, arms, seeds and what they measured',
    required: ['format', 'paper', 'verdict'],
  },
} as const;
