import { writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { type Options, parseOptions } from './options.js';
import { onnxRuntimeVersion } from './sessions.js';
import { compileTimes } from './suites/compile.js';
import { feed } from './suites/feed.js';
import { install } from './suites/install.js';
import { memory } from './suites/memory.js';
import { operators } from './suites/operators.js';
import { profile } from './suites/profile.js';
import { pruning } from './suites/pruning.js';
import { search } from './suites/search.js';
import { tiny } from './suites/tiny.js';
import { training } from './suites/training.js';

/** Measures, prints and returns what goes into the JSON file; `failed` makes the process end with 1. */
type Suite = (options: Options) => Promise<{ readonly results: unknown; readonly failed: boolean }>;

const suites: Readonly<Record<string, Suite>> = {
  training: training('processes'),
  browser: training('pages'),
  webgpu: training('gpu'),
  profile,
  memory,
  compile: compileTimes,
  tiny,
  operators,
  feed,
  install,
  pruning,
  search,
};

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const names = options.suites.length > 0 ? options.suites : ['training'];
  for (const name of names) {
    if (!Object.hasOwn(suites, name)) {
      throw new RangeError(
        `bench: got the suite ${name}, expected some of ${Object.keys(suites).join(', ')}`,
      );
    }
  }
  const report: Record<string, unknown> = {
    date: new Date().toISOString(),
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      processors: availableParallelism(),
      memoryBytes: totalmem(),
      platform: `${platform()} ${arch()}`,
    },
    versions: { node: process.versions.node, onnxRuntime: onnxRuntimeVersion },
    options,
  };
  for (const name of names) {
    process.stdout.write(`${name}\n`);
    const { results, failed } = await suites[name]!(options);
    report[name] = results;
    if (failed) process.exitCode = 1;
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
