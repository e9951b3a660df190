import type { MailServer } from './mailServer.js';

/** Somebody with a browser that runs no scripts: keeps cookies, and sends forms as pages of the site do. */
export class Visitor {
  readonly #cookies = new Map<string, string>();

  constructor(readonly url: string) {}

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  set cookie(text: string) {
    this.#cookies.clear();
    for (const part of text.split('; ')) this.#keep(part);
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#ask(path, { headers });
  }

  async text(path: string): Promise<string> {
    return (await this.get(path)).text();
  }

  /** Sends a form; from a page of the site unless another origin is named. */
  async post(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.#ask(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { origin: this.url, ...headers },
    });
  }

  /** Signs in by a link of the mail. */
  async signIn(email: string, mail: MailServer, next?: string): Promise<Response> {
    await this.post('/sign-in', { email, ...(next !== undefined && { next }) });
    return this.post(linkIn((await mail.take(email)).mail.text ?? ''));
  }

  async #ask(path: string, init: RequestInit): Promise<Response> {
    // Scripts ask for JSON; browsers by themselves ask for pages.
    const headers = { accept: 'text/html', ...init.headers, ...(this.cookie && { cookie: this.cookie }) };
    const response = await fetch(new URL(path, this.url), { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie.split(';')[0]!);
    return response;
  }

  #keep(pair: string): void {
    const [name, value] = pair.split('=') as [string, string?];
    if (value) this.#cookies.set(name, value);
    else this.#cookies.delete(name);
  }
}

/** Path and query of the link in a mail. */
export function linkIn(text: string): string {
  const { pathname, search } = new URL(/https?:\/\/\S+/.exec(text)![0]);
  return pathname + search;
}
