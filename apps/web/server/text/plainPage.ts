import { escapeMarkup } from './markup.js';

const style = `
:root { color-scheme: light dark; }
body { margin: 0; padding: 48px 24px; background: light-dark(#fbfbf9, #10161b); color: light-dark(#17212b, #e3e8ec); font: 1.0625rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 34rem; margin: 0 auto; }
h1 { margin: 0 0 12px; font: 600 1.75rem/1.25 Charter, Georgia, 'Noto Serif', serif; }
p, form { margin: 0 0 24px; }
a { color: light-dark(#0a5f78, #6cc4dc); }
button { min-height: 44px; padding: 8px 20px; border: 1px solid; border-radius: 4px; border-color: light-dark(#0a5f78, #6cc4dc); background: light-dark(#0a5f78, #6cc4dc); color: light-dark(#ffffff, #08222b); font: inherit; font-weight: 600; cursor: pointer; }
`;

/** A page of a few words that needs nothing of the site; a button sends a form to the page's own address. */
export const plainPage = (
  title: string,
  words: string,
  { button }: { button?: string } = {},
): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)} · Evenkeel</title>
<link rel="icon" href="/favicon.svg">
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeMarkup(title)}</h1>
<p>${escapeMarkup(words)}</p>
${button ? `<form method="post"><button>${escapeMarkup(button)}</button></form>` : ''}
<p><a href="/">Evenkeel</a></p>
</main>
</body>
</html>
`;
