import { type Content, type Html, html } from './html.js';
import { style } from './style.js';

/** A whole page that asks for nothing from outside and runs no script. */
export function page(title: string, body: Content): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${style}
</head>
<body>
${body}
</body>
</html>
`.markup;
}

/** A link that leaves the page; an address that is not https stands as text. */
export function outsideLink(address: string, words: string): Html {
  return /^https:\/\//.test(address)
    ? html`<a href="${address}" rel="noreferrer">${words}</a>`
    : html`${words}: ${address}`;
}

/** The day and the minute of a moment in UTC, such as `2026-01-31, 12:00 UTC`. */
export function momentText(moment: string): string {
  const iso = new Date(moment).toISOString();
  return `${iso.slice(0, 10)}, ${iso.slice(11, 16)} UTC`;
}
