/** Text as markdown shows it: characters that would be markup stand with a backslash. */
export const plainText = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>#|~]/g, (mark) => `\\${mark}`).replace(/^([-+]|\d+[.)])(?=\s)/gm, '\\$1');

/** A list of facts, those that are known. */
export const facts = (entries: readonly (readonly [name: string, value: string | undefined])[]): string =>
  entries.flatMap(([name, value]) => (value === undefined ? [] : [`- ${name}: ${value}`])).join('\n');

/** A fenced block; the fence is longer than any run of backticks inside. */
export function codeBlock(code: string, language: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${code}\n${fence}`;
}
