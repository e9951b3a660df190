import type { DataFile } from '@evenkeel/methods/data';
import type { Context } from 'hono';
import { ApiError } from '../apiError.js';
import { acceptedEncoding, type Encoding, encodings } from '../encodings.js';
import type { Log } from '../log.js';

type Bytes = Uint8Array<ArrayBuffer>;

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
  const encoding = acceptedEncoding(c.req.header('accept-encoding'));
  const body = await bodyOf(file, encoding, log);
  return c.body(body, 200, {
    ...headers,
    'content-type': file.name.endsWith('.json') ? 'application/json' : 'application/octet-stream',
    'content-length': String(body.length),
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(encoding && { 'content-encoding': encoding }),
  });
}

async function bodyOf(file: DataFile, encoding: Encoding | undefined, log: Log): Promise<Bytes> {
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
