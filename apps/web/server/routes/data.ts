import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { DataFile } from '@evenkeel/methods/data';
import type { Context } from 'hono';
import { ApiError } from '../apiError.js';
import type { Log } from '../log.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** Ways to send a file, the best first. Higher qualities of Brotli save a tenth and take seconds. */
const encodings = {
  br: async (bytes: Bytes): Promise<Bytes> =>
    new Uint8Array(
      await promisify(brotliCompress)(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      }),
    ),
  gzip: async (bytes: Bytes): Promise<Bytes> => new Uint8Array(await promisify(gzip)(bytes)),
};

/** What has been compressed, by encoding and name: some megabytes a file. */
const compressed = new Map<string, Promise<Bytes>>();

/**
 * Answers `/data/<name>` for the files that experiments fetch in pages: made on the first request, and then the same for
 * ever, since the name changes with the bytes.
 */
export async function answerData(c: Context, log: Log): Promise<Response> {
  const { dataFiles } = await import('@evenkeel/methods/data');
  const name = c.req.param('name');
  const file = dataFiles.find((each) => each.name === name);
  if (!file) throw new ApiError(404, 'DataNotFound', `data ${name}: not found`);
  const headers = {
    // The same bytes in each encoding are the same to a reader.
    etag: `W/"${file.name}"`,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  };
  if (c.req.header('if-none-match')?.includes(headers.etag)) return c.body(null, 304, headers);
  const encoding = acceptedEncoding(c.req.header('accept-encoding') ?? '');
  const body = await bodyOf(file, encoding, log);
  return c.body(body, 200, {
    ...headers,
    'content-type': file.name.endsWith('.json') ? 'application/json' : 'application/octet-stream',
    'content-length': String(body.length),
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(encoding && { 'content-encoding': encoding }),
  });
}

/** The best encoding that a reader takes, by its `accept-encoding`; undefined for none. */
function acceptedEncoding(header: string): keyof typeof encodings | undefined {
  const accepted = header
    .split(',')
    .filter((each) => !/;\s*q=0(\.0*)?\s*$/.test(each))
    .map((each) => each.replace(/;.*/s, '').trim().toLowerCase());
  return (Object.keys(encodings) as (keyof typeof encodings)[]).find((each) => accepted.includes(each));
}

async function bodyOf(
  file: DataFile,
  encoding: keyof typeof encodings | undefined,
  log: Log,
): Promise<Bytes> {
  try {
    const { readDataFile } = await import('@evenkeel/methods/data');
    if (encoding === undefined) return await readDataFile(file);
    const key = `${encoding} ${file.name}`;
    const compressing = compressed.get(key) ?? readDataFile(file).then(encodings[encoding]);
    compressed.set(key, compressing);
    compressing.catch(() => compressed.delete(key));
    return await compressing;
  } catch (error) {
    log.error({ name: file.name, err: error }, 'data cannot be made');
    throw new ApiError(
      500,
      'DataUnavailable',
      `data ${file.name}: this server cannot make it; its log says why`,
    );
  }
}
