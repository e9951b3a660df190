import type { ServerResponse } from 'node:http';

const headers = {
  // Threads need an isolated page, and a worker's script needs the same headers as its page.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const;

/** A year, in which browsers ask for this host by encrypted connections only. */
const strictTransport = 'max-age=31536000';

/**
 * Sets what every response carries, pages, API and assets alike.
 * @param encrypted whether visitors reach the site by https
 */
export function setHeaders(response: ServerResponse, encrypted: boolean): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (encrypted) response.setHeader('strict-transport-security', strictTransport);
}
