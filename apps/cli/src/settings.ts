import { isDatabaseUrl, isZone, parseAddress, parseEmail } from '@evenkeel/feed';
import proxyAddr from 'proxy-addr';
import { UsageError } from './errors.js';

/** A setting that the environment may hold. */
interface Setting {
  readonly name: string;
  readonly about: string;
  /** What applies where it is not set. */
  readonly otherwise: string;
  /** Whether its value is never shown. */
  readonly secret?: true;
  /** What a value has to be, where this one is not; undefined for a good one. */
  expected(value: string): string | undefined;
}

const webAddress = (value: string): string | undefined =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
    ? undefined
    : 'an address such as https://papers.example.org';

const mailAddress = (value: string): string | undefined => {
  try {
    parseAddress(value);
    return undefined;
  } catch {
    return 'an address such as papers@example.org';
  }
};

/** A sender such as `Evenkeel <papers@example.org>`, or an address alone. */
export function senderParts(value: string): { name?: string; address: string } {
  const [, name = '', address] = /^([^<>\p{Cc}]*)<([^<>]*)>$/u.exec(value.trim()) ?? [];
  if (address === undefined) return { address: value.trim() };
  const plain = name.replaceAll('"', '').trim();
  return { address, ...(plain !== '' && { name: plain }) };
}

/** Of mail: links to sign in, and the digest. EVENKEEL_SMTP_URL switches it on. */
const mailSettings: readonly Setting[] = [
  {
    name: 'EVENKEEL_SMTP_URL',
    about: 'mail server of the digest',
    otherwise: 'mail is off; subscriptions are kept',
    secret: true,
    expected: (value) =>
      URL.canParse(value) && /^smtps?:$/.test(new URL(value).protocol) && new URL(value).hostname !== ''
        ? undefined
        : 'an address such as smtps://user:password@mail.example.org',
  },
  {
    name: 'EVENKEEL_MAIL_FROM',
    about: 'address from which mail comes',
    otherwise: 'mail is off',
    expected: (value) =>
      mailAddress(senderParts(value).address) === undefined
        ? undefined
        : 'an address such as Evenkeel <papers@example.org>',
  },
  {
    name: 'EVENKEEL_MAIL_NAME',
    about: 'name of the sender and of the list',
    otherwise: 'the name in EVENKEEL_MAIL_FROM, or Evenkeel',
    expected: (value) => (/^[^\p{Cc}"<>]{1,80}$/u.test(value) ? undefined : 'up to 80 characters of a line'),
  },
  {
    name: 'EVENKEEL_MAIL_CONTROLLER',
    about: 'who is responsible, with a postal address, for the form and under every mail',
    otherwise: 'the name of the list and the address of the site',
    expected: (value) => (/^[^\p{Cc}]{1,300}$/u.test(value) ? undefined : 'up to 300 characters of a line'),
  },
  {
    name: 'EVENKEEL_MAIL_RATE',
    about: 'mails a second at the most',
    otherwise: '20',
    expected: (value) => (/^[1-9]\d{0,3}$/.test(value) ? undefined : 'a whole number from 1 to 9999'),
  },
  {
    name: 'EVENKEEL_DKIM_DOMAIN',
    about: 'domain for which mail is signed',
    otherwise: 'mail is not signed here',
    expected: (value) =>
      mailAddress(`postmaster@${value}`) === undefined ? undefined : 'a domain such as example.org',
  },
  {
    name: 'EVENKEEL_DKIM_SELECTOR',
    about: 'name of the key in DNS',
    otherwise: 'mail is not signed here',
    expected: (value) =>
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(value) ? undefined : 'a name such as papers',
  },
  {
    name: 'EVENKEEL_DKIM_KEY_FILE',
    about: 'file with the private RSA key (PEM)',
    otherwise: 'mail is not signed here',
    expected: (value) => (value.includes('\0') ? 'a path' : undefined),
  },
];

const levels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof levels)[number];

const searchModels = ['best', 'corpus', 'none'] as const;
export type SearchModel = (typeof searchModels)[number];

/** All settings of the site, in the order in which `feed check` tells them. */
export const settings: readonly Setting[] = [
  {
    name: 'DATABASE_URL',
    about: 'PostgreSQL database of the feed',
    otherwise: 'SQLite in the data folder',
    secret: true,
    expected: (value) =>
      isDatabaseUrl(value) ? undefined : 'an address such as postgresql://user:password@host:5432/database',
  },
  {
    name: 'EVENKEEL_URL',
    about: 'address under which visitors reach the site',
    otherwise: 'the address that a visitor asks',
    expected: webAddress,
  },
  {
    name: 'TZ',
    about: 'time zone whose day is today',
    otherwise: 'that of this computer',
    expected: (value) => (isZone(value) ? undefined : 'a name such as America/New_York'),
  },
  {
    name: 'EVENKEEL_ARXIV_QUERY',
    about: 'address of the search of arXiv, or of a mirror',
    otherwise: 'https://export.arxiv.org/api/query',
    expected: webAddress,
  },
  {
    name: 'EVENKEEL_ARXIV_OAI',
    about: 'address of the harvests (OAI-PMH) of arXiv, or of a mirror',
    otherwise: 'https://oaipmh.arxiv.org/oai',
    expected: webAddress,
  },
  {
    name: 'EVENKEEL_ARXIV_RSS',
    about: "address of arXiv's RSS, or of a mirror, before the categories",
    otherwise: 'https://rss.arxiv.org/rss/',
    expected: webAddress,
  },
  {
    name: 'EVENKEEL_LOG',
    about: 'what is logged, as lines of JSON on standard error',
    otherwise: 'warn',
    expected: (value) => ((levels as readonly string[]).includes(value) ? undefined : levels.join(', ')),
  },
  {
    name: 'EVENKEEL_RATE_LIMIT',
    about: 'requests to the API from one computer in five minutes',
    otherwise: '500',
    expected: (value) => (/^[1-9]\d{0,6}$/.test(value) ? undefined : 'a whole number from 1'),
  },
  {
    name: 'EVENKEEL_MODELS',
    about: 'folder of the ONNX model that compares meanings in searches',
    otherwise: 'the installed model or the one computed from the papers does',
    expected: () => undefined,
  },
  {
    name: 'EVENKEEL_SEARCH_MODEL',
    about: 'which models compare meanings: best, corpus (the one computed from the papers alone), none',
    otherwise: 'best',
    expected: (value) =>
      (searchModels as readonly string[]).includes(value) ? undefined : searchModels.join(', '),
  },
  {
    name: 'EVENKEEL_TRUSTED_PROXIES',
    about: 'proxies that say in X-Forwarded-For and X-Forwarded-Proto who asks, and how',
    otherwise: 'whoever connects is who asks: behind a proxy all visitors count as one',
    expected: (value) =>
      areProxies(value)
        ? undefined
        : 'addresses and networks with commas between them, such as loopback, 10.0.0.0/8',
  },
  {
    name: 'EVENKEEL_METRICS_TOKEN',
    about: 'bearer token for /metrics from other computers',
    otherwise: 'only this computer may read /metrics',
    secret: true,
    expected: (value) => (value.length >= 16 ? undefined : 'at least 16 characters'),
  },
  {
    name: 'EVENKEEL_ADMINS',
    about: 'e-mail addresses of those who moderate',
    otherwise: 'nobody does',
    secret: true,
    expected: (value) =>
      addresses(value).every(parseEmail) ? undefined : 'addresses with commas between them',
  },
  {
    name: 'EVENKEEL_SUBMIT_MAX_AGE_DAYS',
    about: 'age at the most of papers that readers submit',
    otherwise: '14',
    expected: (value) => (/^[1-9]\d{0,5}$/.test(value) ? undefined : 'a whole number from 1'),
  },
  {
    name: 'EVENKEEL_SUBMIT_REQUIRE_CLAIM',
    about: 'whether only authors of a paper here may submit',
    otherwise: 'yes',
    expected: (value) => (/^(?:yes|no)$/.test(value) ? undefined : 'yes or no'),
  },
  ...mailSettings,
];

function areProxies(value: string): boolean {
  try {
    proxyAddr.compile(addresses(value));
    return true;
  } catch {
    return false;
  }
}

const addresses = (value: string): string[] => value.split(',').map((address) => address.trim());

/** A setting as it stands. */
export interface SettingState {
  readonly name: string;
  readonly about: string;
  readonly state: 'set' | 'not set' | 'wrong';
  /** The value unless it is secret; what applies where it is not set; what was expected where it is wrong. */
  readonly detail: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Every setting with its state. An empty value is one that is not set. */
export function settingStates(environment: Environment): SettingState[] {
  return settings.map(({ name, about, otherwise, secret, expected }) => {
    const value = environment[name];
    if (!value) return { name, about, state: 'not set', detail: otherwise };
    const wrong = expected(value);
    if (wrong !== undefined) return { name, about, state: 'wrong', detail: `expected ${wrong}` };
    return { name, about, state: 'set', detail: secret ? 'secret' : value };
  });
}

/** What the server is started with. */
export interface ServerSettings {
  readonly publicUrl?: string;
  readonly logLevel?: LogLevel;
  readonly rateLimit?: { readonly requests: number };
  readonly metricsToken?: string;
  readonly trustedProxies?: readonly string[];
  readonly admins?: readonly string[];
  readonly submitMaxAgeDays?: number;
  readonly submitRequireClaim?: boolean;
}

/** @throws UsageError that names every setting that is wrong */
export function serverSettings(environment: Environment): ServerSettings {
  requireGood(environment);
  const { EVENKEEL_URL, EVENKEEL_LOG, EVENKEEL_RATE_LIMIT, EVENKEEL_METRICS_TOKEN } = environment;
  const { EVENKEEL_TRUSTED_PROXIES } = environment;
  return {
    ...(EVENKEEL_URL && { publicUrl: EVENKEEL_URL }),
    ...(EVENKEEL_LOG && { logLevel: EVENKEEL_LOG as LogLevel }),
    ...(EVENKEEL_RATE_LIMIT && { rateLimit: { requests: Number(EVENKEEL_RATE_LIMIT) } }),
    ...(EVENKEEL_METRICS_TOKEN && { metricsToken: EVENKEEL_METRICS_TOKEN }),
    ...(EVENKEEL_TRUSTED_PROXIES && { trustedProxies: addresses(EVENKEEL_TRUSTED_PROXIES) }),
    ...peopleSettings(environment),
  };
}

function peopleSettings(environment: Environment): ServerSettings {
  const { EVENKEEL_ADMINS, EVENKEEL_SUBMIT_MAX_AGE_DAYS, EVENKEEL_SUBMIT_REQUIRE_CLAIM } = environment;
  return {
    ...(EVENKEEL_ADMINS && { admins: addresses(EVENKEEL_ADMINS) }),
    ...(EVENKEEL_SUBMIT_MAX_AGE_DAYS && { submitMaxAgeDays: Number(EVENKEEL_SUBMIT_MAX_AGE_DAYS) }),
    ...(EVENKEEL_SUBMIT_REQUIRE_CLAIM && { submitRequireClaim: EVENKEEL_SUBMIT_REQUIRE_CLAIM === 'yes' }),
  };
}

/** @throws UsageError that names every setting that is wrong */
export function requireGood(environment: Environment): void {
  const wrong = settingStates(environment).filter(({ state }) => state === 'wrong');
  if (wrong.length === 0) return;
  throw new UsageError(
    `settings: ${wrong.map(({ name, detail }) => `${name}: ${detail}`).join('; ')}; see evenkeel feed check`,
  );
}
