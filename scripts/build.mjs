/**
 * Builds what has changed: the packages with TypeScript, then the site when its inputs are newer than its build.
 * `--packages` leaves the site out.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const site = join(root, 'apps/web');
/** Written after a whole build of the site, with the time it began. */
const stamp = join(site, 'build/.built');

const [option, ...rest] = process.argv.slice(2);
if ((option !== undefined && option !== '--packages') || rest.length > 0) {
  process.stderr.write(`build: got ${process.argv.slice(2).join(' ')}, expected nothing or --packages\n`);
  process.exit(2);
}

step('building packages', process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b']);
if (option !== '--packages') buildSite();

function buildSite() {
  if (existsSync(stamp) && newestInput() <= statSync(stamp).mtimeMs) {
    process.stdout.write('the site is up to date\n');
    return;
  }
  const began = new Date();
  step('building the site', 'npm', ['run', '--silent', 'build', '--workspace', '@evenkeel/web']);
  writeFileSync(stamp, '');
  utimesSync(stamp, began, began);
}

/** Runs one step; the whole build ends with it when it fails. */
function step(name, command, parameters) {
  process.stdout.write(`${name}\n`);
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, parameters, { cwd: root, stdio: 'inherit', shell });
  if (error) process.stderr.write(`build: ${name}: ${error.message}\n`);
  if (status !== 0) process.exit(1);
}

/** When anything that the site is made of last changed, in milliseconds. */
function newestInput() {
  const outputs = ['node_modules', 'build', 'dist', '.svelte-kit', 'test'];
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'dist'));
  const times = [
    newest(site, (name) => !outputs.includes(name)),
    // Pages of the documentation are pages of the site; what `npm run docs` writes there is not.
    newest(join(root, 'docs'), (name) => name !== 'api' && !name.endsWith('.ts')),
    ...packages.filter((folder) => existsSync(folder)).map((folder) => newest(folder, isCode)),
    statSync(join(root, 'package-lock.json')).mtimeMs,
  ];
  return Math.max(...times);
}

/** Compiled code: what TypeScript writes beside it is written anew also when nothing has changed. */
function isCode(name, isFolder) {
  return isFolder || (name.endsWith('.js') && !name.endsWith('.test.js'));
}

/** The latest change of a wanted file or of a folder inside, which changes when a file in it goes away. */
function newest(folder, wanted) {
  const entries = readdirSync(folder, { withFileTypes: true });
  const kept = entries.filter((entry) => wanted(entry.name, entry.isDirectory()));
  return kept.reduce((latest, entry) => {
    const path = join(folder, entry.name);
    const inside = entry.isDirectory() ? newest(path, wanted) : 0;
    return Math.max(latest, statSync(path).mtimeMs, inside);
  }, 0);
}
