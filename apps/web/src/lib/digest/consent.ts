/** Which wording of the form somebody agreed to; a new one for every change of what it says. */
export const consentVersion = '2026-11-29';

/** What a subscriber agrees to. */
export const consent = (controller: string | undefined): string =>
  `${controller ?? 'Whoever runs this site'} keeps your address and these choices to send you the digest, and uses them for nothing else. You confirm by mail first. Every issue has a link that ends it and deletes your address.`;
