import { signInWay } from '$lib/server/signIn.js';
import type { LayoutServerLoad } from './$types.js';

/** Previews want whole addresses; every page says who is signed in, or that one can sign in. */
export const load: LayoutServerLoad = (event) => {
  const { site, account } = event.locals;
  return {
    base: site.publicUrl ?? event.url.origin,
    account: account && { name: account.name, isAdmin: account.isAdmin },
    canSignIn: signInWay(site, event) !== undefined,
  };
};
