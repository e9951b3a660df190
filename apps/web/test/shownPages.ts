/** A page in one of its states, and the folder of `src/routes` that makes it; without one, the server does so itself. */
export interface ShownPage {
  readonly name: string;
  readonly path: string;
  readonly route?: string;
  /** Whether it lists papers, and keeps to the budgets of lists. */
  readonly isList?: true;
}

/** Pages as everybody sees them. */
export const openPages: readonly ShownPage[] = [
  { name: 'today', route: '', path: '/', isList: true },
  { name: 'a day', route: 'papers/date/[date]', path: '/papers/date/2025-12-11', isList: true },
  {
    name: 'a filtered day',
    route: 'papers/date/[date]',
    path: '/papers/date/2025-12-11?family=training&sort=runs',
  },
  { name: 'a hostile paper in a list', route: 'papers/date/[date]', path: '/papers/date/2025-12-12' },
  { name: 'a week', route: 'papers/week/[week]', path: '/papers/week/2025-W50', isList: true },
  {
    name: 'a month',
    route: 'papers/month/[month]',
    path: '/papers/month/2025-12?family=pruning',
    isList: true,
  },
  { name: 'what trends', route: 'papers/trending', path: '/papers/trending', isList: true },
  { name: 'a paper with recorded runs', route: 'papers/[...id]', path: '/papers/2501.04697' },
  { name: 'a paper without', route: 'papers/[...id]', path: '/papers/math/0309136' },
  { name: 'a missing paper', route: 'papers/[...id]', path: '/papers/9999.99999' },
  { name: 'a missing page', path: '/nothing/here' },
  { name: 'a search', route: 'search', path: '/search?q=training', isList: true },
  { name: 'a search without results', route: 'search', path: '/search?q=zzzzqqq' },
  {
    name: 'a search that is put right and narrowed',
    route: 'search',
    path: '/search?q=groking&runs=here&from=2025-01-01',
  },
  { name: 'a search for nothing', route: 'search', path: '/search' },
  { name: 'a family', route: 'families/[family]', path: '/families/pruning', isList: true },
  { name: 'an author', route: 'authors/[name]', path: '/authors/Ada%20Lovelace', isList: true },
  { name: 'a tag', route: 'tags/[tag]', path: '/tags/slashes', isList: true },
  { name: 'a venue of no paper', route: 'venues/[venue]', path: '/venues/none' },
  { name: 'the verdicts', route: 'verdicts', path: '/verdicts', isList: true },
  { name: 'a reference experiment', route: 'examples/[slug]', path: '/examples/mnist-cnn' },
  { name: 'the documentation', route: 'docs/[...page]', path: '/docs' },
  { name: 'a page of the documentation', route: 'docs/[...page]', path: '/docs/guide/data' },
  { name: 'a page of it with a picture', route: 'docs/[...page]', path: '/docs/guide/how-it-works' },
  { name: 'about', route: 'about', path: '/about' },
  { name: 'a subscription', route: 'subscribe', path: '/subscribe' },
  {
    name: 'a confirmation that is too late',
    route: 'subscribe/confirm/[token]',
    path: '/subscribe/confirm/x',
  },
  {
    name: 'preferences of nobody',
    route: 'subscribe/preferences/[token]',
    path: '/subscribe/preferences/x',
  },
  { name: 'an incomplete link', path: '/u/x' },
  { name: 'a preview of an issue', path: '/digest/preview' },
  { name: 'the sign-in', route: 'sign-in', path: '/sign-in' },
  { name: 'a link to sign in that is used up', route: 'sign-in/[secret]', path: '/sign-in/x' },
  { name: 'nobody', route: 'people/[name]', path: '/people/nobody' },
];

/** Pages of somebody who is signed in, an admin. */
export const ownPages: readonly ShownPage[] = [
  { name: 'the account', route: 'account', path: '/account' },
  {
    name: 'a link to a new address that is used up',
    route: 'account/email/[secret]',
    path: '/account/email/x',
  },
  { name: 'the reading list', route: 'reading-list', path: '/reading-list' },
  { name: 'an empty part of it', route: 'reading-list', path: '/reading-list?state=hidden' },
  { name: 'what one follows', route: 'following', path: '/following' },
  { name: 'a submission', route: 'submit', path: '/submit' },
  { name: 'moderation', route: 'moderation', path: '/moderation' },
  { name: 'a paper with comments', route: 'papers/[...id]', path: '/papers/2501.04697' },
  { name: 'a search to follow', route: 'search', path: '/search?q=grokking' },
  { name: 'a profile', route: 'people/[name]', path: '/people/the-admin' },
];
