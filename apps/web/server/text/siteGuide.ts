import { registry } from '@evenkeel/methods/papers';
import type { Site } from '../site.js';
import { plainText } from './markdown.js';

/** `llms.txt`: what a program that reads sites has to know of this one. */
export async function siteGuide({ feed, results }: Site, base: string): Promise<string> {
  const at = (path: string) => new URL(path, base).href;
  const lines: string[] = [];
  for (const { paper, experiment } of registry) {
    if (!experiment) continue;
    const stored = await feed.paper(paper.slug);
    const verdict = (await results.of(paper.slug))?.verdict ?? 'no verdict yet';
    lines.push(`- [${plainText(paper.title)}](${at(`/papers/${stored?.id ?? paper.slug}.md`)}): ${verdict}`);
  }
  return `# Evenkeel

> Daily papers that run: a feed of machine-learning papers. A paper whose method is implemented here trains beside its baseline in the browser, and has a recorded verdict: reproduced, partly, or not reproduced.

Every paper is also markdown: add \`.md\` to its address, or ask for \`text/markdown\`.

## Lists

- [Today, or the last day with papers](${at('/api/daily_papers?limit=50')}): JSON, in the wire format of Hugging Face's papers API
- [Search](${at('/api/papers/search?q=pruning')}): JSON, \`q\` of up to 250 characters
- [Daily papers](${at('/feeds/daily.json')}): JSON Feed; also \`.atom\` and \`.rss\`
- [Description of the API](${at('/api/openapi.json')}): OpenAPI 3.1

## Papers that run here

${lines.join('\n')}
`;
}
