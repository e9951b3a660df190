import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { MailSettings } from '@evenkeel/web/server';
import { reasonOf, UsageError } from './errors.js';
import type { Io } from './io.js';
import { requireGood, senderParts } from './settings.js';

/**
 * How mail is sent, by the settings; undefined where it is off.
 * @throws UsageError that names the setting that is missing or wrong
 */
export async function mailFrom(
  io: Pick<Io, 'environment' | 'workingDir'>,
): Promise<MailSettings | undefined> {
  const { environment } = io;
  requireGood(environment);
  const { EVENKEEL_SMTP_URL, EVENKEEL_MAIL_FROM, EVENKEEL_MAIL_NAME, EVENKEEL_MAIL_CONTROLLER } = environment;
  if (!EVENKEEL_SMTP_URL) return undefined;
  if (!EVENKEEL_MAIL_FROM) throw missing('EVENKEEL_MAIL_FROM', 'the address from which mail comes');
  if (!environment.EVENKEEL_URL)
    throw missing('EVENKEEL_URL', 'the address of the site, to which mails link');
  const { address, name } = senderParts(EVENKEEL_MAIL_FROM);
  const shown = EVENKEEL_MAIL_NAME || name;
  const dkim = await dkimFrom(io);
  return {
    smtpUrl: EVENKEEL_SMTP_URL,
    address,
    ...(shown && { name: shown }),
    ...(EVENKEEL_MAIL_CONTROLLER && { controller: EVENKEEL_MAIL_CONTROLLER }),
    ...(environment.EVENKEEL_MAIL_RATE && { perSecond: Number(environment.EVENKEEL_MAIL_RATE) }),
    ...(dkim && { dkim }),
  };
}

const missing = (name: string, what: string): UsageError =>
  new UsageError(`settings: ${name}: got nothing, expected ${what}; see evenkeel feed check`);

async function dkimFrom({
  environment,
  workingDir,
}: Pick<Io, 'environment' | 'workingDir'>): Promise<MailSettings['dkim']> {
  const names = ['EVENKEEL_DKIM_DOMAIN', 'EVENKEEL_DKIM_SELECTOR', 'EVENKEEL_DKIM_KEY_FILE'] as const;
  const [domain, selector, file] = names.map((name) => environment[name] || undefined);
  if (!domain && !selector && !file) return undefined;
  const absent = names.find((name) => !environment[name]);
  if (!domain || !selector || !file) throw missing(absent ?? names[0], 'all three of EVENKEEL_DKIM_*');
  const path = resolve(workingDir, file);
  let privateKey: string;
  try {
    privateKey = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`settings: EVENKEEL_DKIM_KEY_FILE: ${path}: ${reasonOf(error)}`, { cause: error });
  }
  if (!isRsaKey(privateKey)) {
    throw new UsageError(`settings: EVENKEEL_DKIM_KEY_FILE: ${path}: expected a private RSA key in PEM`);
  }
  return { domainName: domain, keySelector: selector, privateKey };
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
