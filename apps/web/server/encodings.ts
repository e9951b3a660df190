import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import Negotiator from 'negotiator';

type Bytes = Uint8Array<ArrayBuffer>;

/** Ways to send what is kept, the best first. Higher qualities of Brotli save a tenth and take seconds. */
export const encodings = {
  br: async (bytes: Bytes): Promise<Bytes> =>
    new Uint8Array(
      await promisify(brotliCompress)(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      }),
    ),
  gzip: async (bytes: Bytes): Promise<Bytes> => new Uint8Array(await promisify(gzip)(bytes)),
};

export type Encoding = keyof typeof encodings;

const names = Object.keys(encodings) as Encoding[];

/** The best encoding that a reader takes, by its `accept-encoding`; undefined for none. */
export function acceptedEncoding(header: string | null | undefined): Encoding | undefined {
  const accepted = new Negotiator({ headers: { 'accept-encoding': header ?? '' } }).encodings(names);
  return names.find((name) => accepted.includes(name));
}
