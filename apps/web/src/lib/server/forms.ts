import type { Account } from '@evenkeel/feed';
import { type ActionFailure, fail, redirect } from '@sveltejs/kit';

interface Refusal {
  readonly name: string;
  readonly message: string;
  readonly kind?: 'bad input' | 'not allowed' | 'not found' | 'too many';
}

const statuses = { 'bad input': 400, 'not allowed': 403, 'not found': 404, 'too many': 429 } as const;

/** What the rules refuse, and papers that a source does not give; by name, since the server loads its own copy. */
const isRefusal = (error: unknown): error is Refusal =>
  error instanceof Error && ['PeopleError', 'ImportError'].includes(error.name);

/** Does what a form asks; what the rules refuse is shown beside the form. */
export async function attempt<Result>(
  work: () => Promise<Result>,
): Promise<Result | ActionFailure<{ problem: string }>> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return fail(error.kind ? statuses[error.kind] : 400, { problem: error.message });
  }
}

/** The text of a field; empty where it is missing, or a file. */
export function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

/** Whoever is signed in; others are led to the sign-in and back. */
export function requireAccount({ locals, url }: { locals: App.Locals; url: URL }): Account {
  return locals.account ?? redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname)}`);
}

/** A page of this site from a text of an address; the account page for anything else. */
export function localPath(text: string | null): string {
  const here = 'http://here.invalid';
  const usual = '/account';
  if (!text?.startsWith('/') || !URL.canParse(text, here)) return usual;
  const { origin, pathname, search } = new URL(text, here);
  return origin === here && !pathname.startsWith('//') ? pathname + search : usual;
}
