import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import type { readStart } from '../exchange.js';
import { chromiumFlags, chromiumPath } from './chromium.js';
import { serve } from './serve.js';
import type { Server, Steps } from './server.js';

// A side that runs in Chromium: this process builds its page (bench/peers/pages), serves it and passes requests on. The
// page is cross-origin isolated, and so may use threads, unless one thread was asked for.

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Libraries' own files, by the first part of the path they are served under. */
const libraries: Readonly<Record<string, string>> = {
  'onnxruntime-web': fromRoot('node_modules/onnxruntime-web/dist'),
  'tfjs-backend-wasm': fromRoot('bench/node_modules/@tensorflow/tfjs-backend-wasm/dist'),
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

async function buildPage(side: string, folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    root: fromRoot('bench/peers/pages'),
    resolve: { conditions: ['onnxruntime-web-use-extern-wasm', 'browser', 'module'] },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      rollupOptions: {
        input: fromRoot(`bench/peers/pages/${side}.js`),
        output: { entryFileNames: 'page.js' },
      },
    },
  });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="/page.js"></script>');
}

/** What the page is given beside its own files, and what it gives back. */
interface Exchange {
  start?: ReturnType<typeof readStart>;
  gradients?: Buffer;
}

async function listen(folder: string, exchange: Exchange, isolated: boolean): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    if (isolated) {
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
      response.setHeader('cross-origin-resource-policy', 'same-origin');
    }
    await answer(request, response, folder, exchange);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string,
  exchange: Exchange,
): Promise<void> {
  const path = new URL(request.url!, 'http://localhost').pathname;
  if (path === '/gradients') {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    exchange.gradients = Buffer.concat(chunks);
    response.end();
  } else if (path === '/start.json') {
    response.end(JSON.stringify(exchange.start!.manifest));
  } else if (path === '/start.bin') {
    response.end(new Uint8Array(exchange.start!.bytes));
  } else {
    const [, first, ...rest] = path.split('/');
    const file = libraries[first!]
      ? join(libraries[first!]!, ...rest)
      : join(folder, path === '/' ? 'index.html' : path);
    if (existsSync(file)) {
      response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
      createReadStream(file).pipe(response);
    } else response.writeHead(404).end();
  }
}

/** A side in a page as one in this process. */
const remote = (page: Page, exchange: Exchange): Server => ({
  describe: () => page.evaluate('side.describe()'),
  async prepare(manifest, bytes) {
    exchange.start = { manifest, bytes };
    await page.evaluate('side.prepare()');
  },
  async differentiate() {
    const loss = await page.evaluate<number>('side.differentiate()');
    const bytes = new Uint8Array(exchange.gradients!);
    return { loss, gradients: [new Float32Array(bytes.buffer)] };
  },
  run: (steps) => page.evaluate<Steps>(`side.run(${steps})`),
});

/** Processor time of all processes that this one has started and that have not ended, in milliseconds. */
function descendantsCpuTime(): number {
  const ticksPerSecond = 100;
  const parents = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    // A process may end between the two calls.
    const stat = existsSync(`/proc/${name}/stat`) ? readFileSync(`/proc/${name}/stat`, 'utf8') : '';
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    parents.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
  }
  const isOurs = (id: number): boolean => {
    const parent = parents.get(id)?.parent;
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  const ticks = [...parents].filter(([id]) => isOurs(id)).map(([, { ticks: own }]) => own);
  return (1000 * ticks.reduce((sum, own) => sum + own, 0)) / ticksPerSecond;
}

async function main(side: string): Promise<void> {
  const threads = Number(process.env.EVENKEEL_BENCH_THREADS);
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-page-'));
  const exchange: Exchange = {};
  await buildPage(side, folder);
  const server = await listen(folder, exchange, threads > 1);
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--enable-features=Vulkan', ...chromiumFlags],
  });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?threads=${threads}`);
    await page.waitForFunction('globalThis.side');
    await serve(remote(page, exchange), descendantsCpuTime);
  } finally {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true });
  }
}

await main(process.argv[2]!);
