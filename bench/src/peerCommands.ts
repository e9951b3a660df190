import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Options } from './options.js';
import type { PeerCommand } from './peer.js';
import { chromiumPath } from './peers/chromium.js';

const fromBench = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const benchFolder = fromBench('');

/** Where `npm run bench -- install` puts Python's packages. */
export const virtualEnvironment = fromBench('.venv');
export const requirements = fromBench('peers/requirements.txt');

/** The Python that has the peers: EVENKEEL_PYTHON, or the one of the virtual environment. */
export const pythonProgram = (): string => process.env.EVENKEEL_PYTHON ?? `${virtualEnvironment}/bin/python`;

interface PeerKind {
  readonly start: (options: Options) => Pick<PeerCommand, 'program' | 'parameters'>;
  /** Why it cannot run here; undefined when it can. */
  readonly missing: () => string | undefined;
}

const python = (file: string, module: string, ...parameters: string[]): PeerKind => ({
  start: () => ({ program: pythonProgram(), parameters: [fromBench(`peers/${file}`), ...parameters] }),
  missing() {
    const program = pythonProgram();
    const found = spawnSync(program, [
      '-c',
      `import importlib.util, sys; sys.exit(importlib.util.find_spec('${module}') is None)`,
    ]);
    if (found.status === 0) return undefined;
    const what = found.error ? `no Python at ${program}` : `${program} has no ${module}`;
    return `${what}; run "npm run bench -- install" or set EVENKEEL_PYTHON`;
  },
});

const torchOperators = python('torch_operators.py', 'torch');

/** How to start PyTorch for single operations; undefined, which is said, where it is missing. */
export function torchOperatorsCommand(options: Options): PeerCommand | undefined {
  const why = torchOperators.missing();
  if (why) process.stdout.write(`without torch: ${why}\n`);
  return why
    ? undefined
    : { id: 'torch', ...torchOperators.start(options), environment: environmentOf(options) };
}

/** How to start the engine for a single operation. */
export const operatorsCommand = (options: Options): PeerCommand => ({
  id: 'evenkeel',
  ...inNode('dist/peers/operatorsInNode.js').start(options),
  environment: environmentOf(options),
});

/** A side in Node, of packages that are installed here. */
const inNode = (file: string, module?: string): PeerKind => ({
  start: () => ({ program: process.execPath, parameters: [fromBench(file)] }),
  missing: () => (module === undefined ? undefined : whyNoModule(module)),
});

/** A side in a page of Chromium; `page` is the name of its file in bench/peers/pages. */
const inBrowser = (page: string, module?: string): PeerKind => ({
  start: () => ({ program: process.execPath, parameters: [fromBench('dist/peers/inBrowser.js'), page] }),
  missing() {
    if (!existsSync(chromiumPath)) return `no Chromium at ${chromiumPath}; set EVENKEEL_CHROMIUM`;
    return module === undefined ? undefined : whyNoModule(module);
  },
});

const whyNoModule = (module: string): string | undefined =>
  existsSync(fromBench(`node_modules/${module}`)) ? undefined : 'run "npm run bench -- install"';

const jaxJs = '@jax-js/jax';
const tfjs = '@tensorflow/tfjs-backend-wasm';
const tfjsGpu = '@tensorflow/tfjs-backend-webgpu';

const kinds: Readonly<Record<string, PeerKind>> = {
  evenkeel: inNode('dist/peers/evenkeelInNode.js'),
  torch: python('torch_peer.py', 'torch'),
  'torch-compile': python('torch_peer.py', 'torch', 'compile'),
  jax: python('jax_peer.py', 'jax'),
  'jax-js': inNode('peers/jaxjs_peer.js', jaxJs),
  tfjs: inNode('peers/tfjs_peer.js', tfjs),
  'evenkeel-page': inBrowser('evenkeel'),
  'jax-js-page': inBrowser('jaxjs', jaxJs),
  'tfjs-page': inBrowser('tfjs', tfjs),
  'evenkeel-gpu': inBrowser('evenkeelGpu'),
  'jax-js-gpu': inBrowser('jaxjsGpu', jaxJs),
  'tfjs-gpu': inBrowser('tfjsGpu', tfjsGpu),
};

/** Sides that are compared with one another; ours first. */
export const sideGroups = {
  processes: ['evenkeel', 'torch', 'torch-compile', 'jax', 'jax-js', 'tfjs'],
  pages: ['evenkeel-page', 'jax-js-page', 'tfjs-page'],
  gpu: ['evenkeel-gpu', 'jax-js-gpu', 'tfjs-gpu'],
} as const;

/**
 * Ours, and the others of a group that are installed; with `--peers`, those of them that it names.
 * @throws Error when one that was asked for is missing, RangeError for a name that no side has
 */
export function chosenSides(
  [ours, ...others]: (typeof sideGroups)[keyof typeof sideGroups],
  { peers }: Options,
): readonly string[] {
  peers?.forEach(kindOf);
  const present = others.filter((id) => {
    if (peers && !peers.includes(id)) return false;
    const why = kindOf(id).missing();
    if (why === undefined) return true;
    if (peers) throw new Error(`bench: ${id}: ${why}`);
    process.stdout.write(`without ${id}: ${why}\n`);
    return false;
  });
  return [ours, ...present];
}

/** How to start a side. @throws RangeError for a name that no side has */
export function peerCommand(id: string, options: Options): PeerCommand {
  const { program, parameters } = kindOf(id).start(options);
  return { id, program, parameters, environment: environmentOf(options) };
}

function kindOf(id: string): PeerKind {
  const kind = kinds[id];
  if (!kind)
    throw new RangeError(`bench: got the peer ${id}, expected one of ${Object.keys(kinds).join(', ')}`);
  return kind;
}

function environmentOf({ threads, waiting }: Options): Record<string, string> {
  const count = String(threads);
  return {
    EVENKEEL_THREADS: count,
    EVENKEEL_BENCH_THREADS: count,
    EVENKEEL_BENCH_WAITING: waiting,
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    ...(waiting === 'passive' && { OMP_WAIT_POLICY: 'PASSIVE', KMP_BLOCKTIME: '0' }),
  };
}
