import { resolve } from 'node:path';
import { describeModel, openFeed, restoreFeed, tryServer } from '@evenkeel/feed';
import { reasonOf, UsageError } from '../errors.js';
import { feedLocation } from '../feedLocation.js';
import { type Io, printJson, printLines } from '../io.js';
import { mailFrom } from '../mail.js';
import { type SettingState, settingStates } from '../settings.js';

export interface UpkeepOptions {
  readonly data: string;
  readonly json?: true;
}

/** Copies the embedded database into a file while others go on using it. */
export async function backup(io: Io, file: string, options: UpkeepOptions): Promise<number> {
  refuseServer(io, 'backup', 'pg_dump');
  const feed = await openFeed(feedLocation(io, options.data));
  try {
    const bytes = await feed.backup(resolve(io.workingDir, file));
    if (options.json) printJson(io.stdout, { file, bytes });
    else printLines(io.stdout, [`${file}: ${(bytes / 1e6).toFixed(1)} MB`]);
    return 0;
  } finally {
    await feed.close();
  }
}

/** Puts a backup in the place of the embedded database. */
export async function restore(io: Io, file: string, options: UpkeepOptions): Promise<number> {
  refuseServer(io, 'restore', 'pg_restore');
  const kept = await restoreFeed(feedLocation(io, options.data), resolve(io.workingDir, file));
  if (options.json) printJson(io.stdout, { file, kept });
  else printLines(io.stdout, [`${file} is restored${kept ? `; what was there is in ${kept}` : ''}`]);
  return 0;
}

function refuseServer({ environment }: Io, command: string, instead: string): void {
  if (environment.DATABASE_URL) {
    throw new UsageError(
      `feed ${command}: DATABASE_URL names a PostgreSQL database, which ${instead} takes care of`,
    );
  }
}

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Tells every setting, what is wrong or missing, and whether database and mail server answer: 1 where something is wrong. */
export async function check(io: Io, options: UpkeepOptions): Promise<number> {
  const states = settingStates(io.environment);
  const good = states.every(({ state }) => state !== 'wrong');
  const checks = [
    await checkDatabase(io, options.data),
    ...(await checkModel(io)),
    // What a wrong setting does to mail has been said.
    ...(good ? [await checkMail(io)] : []),
  ];
  const ok = good && checks.every((each) => each.ok);
  if (options.json) printJson(io.stdout, { ok, settings: states, checks });
  else printLines(io.stdout, [...states.map(settingLine), '', ...checks.map(checkLine)]);
  return ok ? 0 : 1;
}

async function checkDatabase(io: Io, data: string): Promise<Check> {
  const name = 'database';
  try {
    const feed = await openFeed(feedLocation(io, data));
    try {
      const { total } = await feed.list({ limit: 1 });
      return { name, ok: true, detail: `answers; ${total} papers` };
    } finally {
      await feed.close();
    }
  } catch (error) {
    return { name, ok: false, detail: reasonOf(error) };
  }
}

/** Whether the model that the settings name can be used. */
async function checkModel({ workingDir, environment }: Io): Promise<Check[]> {
  if (!environment.EVENKEEL_MODELS) return [];
  const name = 'search model';
  try {
    const model = await describeModel(resolve(workingDir, environment.EVENKEEL_MODELS));
    return [{ name, ok: true, detail: `${model.name}; ${model.dimension} numbers a paper` }];
  } catch (error) {
    return [{ name, ok: false, detail: reasonOf(error) }];
  }
}

/** Whether the settings of mail, each good by itself, are enough together, and the server answers. */
async function checkMail(io: Io): Promise<Check> {
  const name = 'mail';
  try {
    const mail = await mailFrom(io);
    if (!mail) {
      const detail = 'off: nobody can sign in, and subscriptions wait; EVENKEEL_SMTP_URL switches it on';
      return { name, ok: true, detail };
    }
    await tryServer(mail.smtpUrl);
    const wants = [
      !mail.dkim && 'it is not signed here (EVENKEEL_DKIM_DOMAIN)',
      !mail.controller && 'it names nobody who is responsible (EVENKEEL_MAIL_CONTROLLER)',
    ].filter(Boolean);
    return { name, ok: true, detail: ['the server answers', ...wants].join('; ') };
  } catch (error) {
    return { name, ok: false, detail: reasonOf(error) };
  }
}

const signs = { set: '●', 'not set': '○', wrong: '✗' } as const;

const settingLine = ({ name, about, state, detail }: SettingState): string =>
  `${signs[state]} ${name}: ${about}: ${state === 'not set' ? `not set, so ${detail}` : detail}`;

const checkLine = ({ name, ok, detail }: Check): string => `${ok ? '●' : '✗'} ${name}: ${detail}`;
