#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = new URL('../dist/main.js', import.meta.url);

if (!existsSync(program)) build();
const { main } = await import(program.href);
process.exitCode = await main(process.argv.slice(2));

/** Standard output belongs to the command, so the build writes to standard error. */
function build() {
  const script = fileURLToPath(new URL('../../../scripts/build.mjs', import.meta.url));
  process.stderr.write('evenkeel: not built yet, building first\n');
  const { status } = spawnSync(process.execPath, [script, '--packages'], { stdio: ['ignore', 2, 2] });
  if (status !== 0 || !existsSync(program)) {
    process.stderr.write(`evenkeel: the build failed; run node ${script} --packages to see why\n`);
    process.exit(1);
  }
}
