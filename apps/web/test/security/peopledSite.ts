import { type FakeArxiv, startFakeArxiv } from '../fakeArxiv.js';
import { type MailServer, startMailServer } from '../mailServer.js';
import { startTestSite, type TestSite } from '../site.js';
import { linkIn, Visitor } from '../visitor.js';
import { type FoundForm, findForms } from './forms.js';

export const paper = '/papers/2511.00042';
export const admin = 'admin@example.org';

/** A site on which each thing that readers do has been done, so that every form of it can be found. */
export interface PeopledSite {
  readonly site: TestSite;
  readonly mail: MailServer;
  readonly moderator: Visitor;
  /** The moderator's. */
  readonly token: string;
  /** Of a reader whose words try to be something else. */
  readonly writer: Visitor;
  /** Every kind of form. */
  forms(): Promise<readonly FoundForm[]>;
  close(): Promise<void>;
}

/** Words of a reader that would be a script. */
export const scripts = {
  name: '<script>window.hacked = 21</script>',
  about: '"><img src=x onerror="window.hacked = 22">',
  comment:
    '<script>window.hacked = 23</script> [x](javascript:window.hacked=24) ![x](x"onerror="window.hacked=25) <svg/onload=window.hacked=26> $\\href{javascript:window.hacked=27}{x}$',
  reason: '</p><script>window.hacked = 28</script>',
  note: '</textarea><script>window.hacked = 29</script>',
  search: '"><script>window.hacked = 30</script>',
} as const;

export async function startPeopledSite(): Promise<PeopledSite> {
  const mail = await startMailServer();
  const arxiv: FakeArxiv = await startFakeArxiv();
  const site = await startTestSite({
    mail: { smtpUrl: mail.url, address: 'papers@example.org' },
    publicUrl: 'http://papers.example.org',
    admins: [admin],
    linksPerComputer: 10_000,
    rateLimit: { requests: 100_000 },
    sources: { query: arxiv.url },
    trustedProxies: ['loopback'],
  });
  const enter = async (email: string) => {
    const visitor = new Visitor(site.url);
    await visitor.signIn(email, mail);
    return visitor;
  };
  const moderator = await enter(admin);
  const writer = await enter('writer@example.org');
  await moderator.post('/submit', { arxivId: '2511.00042' });
  await moderator.post('/moderation?/comments', { yes: 'yes' });
  await writer.post('/account?/profile', {
    name: 'writer',
    fullName: scripts.name,
    about: scripts.about,
    orcid: '',
  });
  await writer.post(`${paper}?/claim`, { author: 'Ada Lovelace', evidence: scripts.reason });
  await writer.post(`${paper}?/comment`, { text: scripts.comment });
  const comment = /id="comment-([0-9a-f]{24})"/.exec(await writer.text(paper))![1]!;
  await moderator.post(`${paper}?/report`, { comment, reason: scripts.reason });
  await moderator.post(`${paper}?/comment`, { text: 'Of the moderator.' });
  await moderator.post('/account?/profile', { name: 'moderator', fullName: '', about: '', orcid: '' });
  for (const visitor of [writer, moderator]) {
    await visitor.post('/following?/follow', { kind: 'search', value: scripts.search });
    await visitor.post(`${paper}?/read`, { state: 'unread', note: scripts.note });
  }
  await moderator.post('/moderation?/assign', {
    paper: '2511.00042',
    author: 'Ada Lovelace',
    name: 'moderator',
  });
  const made = await (await moderator.post('/account?/createToken', { label: 'test' })).text();
  const preferences = await subscribe(new Visitor(site.url), mail);
  return {
    site,
    mail,
    moderator,
    writer,
    token: /ek_[\w-]{43}/.exec(made)![0],
    async forms() {
      const starts = ['/', '/account', '/moderation', paper, '/submit', '/following', '/search?q=grokking'];
      const own = await findForms(moderator, [...starts, preferences]);
      const anybody = await findForms(new Visitor(site.url), ['/sign-in'], 2);
      return [...own, ...anybody.filter(({ name }) => own.every((form) => form.name !== name))];
    },
    async close() {
      await site.close();
      await mail.close();
      await arxiv.close();
    },
  };
}

/** Subscribes, confirms, and gives the path of the preferences. */
async function subscribe(visitor: Visitor, mail: MailServer): Promise<string> {
  const address = 'subscriber@example.org';
  const choices = { frequency: 'day', weekday: '1', hour: '8', zone: 'UTC' };
  await visitor.post('/subscribe', { address, ...choices, searches: scripts.search });
  const confirmed = await visitor.post(
    linkIn(/\S*subscribe\/confirm\S*/.exec((await mail.take(address)).mail.text ?? '')![0]),
  );
  return /href="(\/subscribe\/preferences\/[0-9a-f]+)"/.exec(await confirmed.text())![1]!;
}
