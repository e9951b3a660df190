/** Name of the file of a model's folder that says what is in it. */
export const manifestName = 'evenkeel-model.json';

/** What a model's folder holds. */
export interface Manifest {
  readonly id: string;
  readonly dimension: number;
  readonly maxTokens: number;
  /** How the states of the tokens become one vector: their mean, or the first of them. */
  readonly pooling: 'mean' | 'cls';
  /** What stands before a query, as some models have learned it. */
  readonly queryPrefix: string;
  /** Similarity from which on two texts have something to do with each other. */
  readonly least: number;
  /** SHA-256 by file: `model.onnx`, `tokenizer.json`, `tokenizer_config.json`. */
  readonly files: Readonly<Record<string, string>>;
}

const needed = ['model.onnx', 'tokenizer.json', 'tokenizer_config.json'];
const usualLeast = 0.25;

/** @throws Error that says what is wrong with it */
export function parseManifest(text: string): Manifest {
  const given = parsed(text);
  const {
    id,
    dimension,
    maxTokens = 256,
    pooling = 'mean',
    queryPrefix = '',
    least = usualLeast,
    files,
  } = given;
  if (typeof id !== 'string' || !/^[\w.-]{1,80}$/.test(id))
    refuse('id', id, 'a name of letters, digits, . _ -');
  if (!isCount(dimension, 4096)) refuse('dimension', dimension, 'a whole number from 1 to 4096');
  if (!isCount(maxTokens, 8192)) refuse('maxTokens', maxTokens, 'a whole number from 1 to 8192');
  if (pooling !== 'mean' && pooling !== 'cls') refuse('pooling', pooling, 'mean or cls');
  if (typeof queryPrefix !== 'string') refuse('queryPrefix', queryPrefix, 'a text');
  if (typeof least !== 'number' || !(least >= -1 && least < 1))
    refuse('least', least, 'a number from -1 to 1');
  if (typeof files !== 'object' || files === null)
    refuse('files', files, 'the SHA-256 of each file by its name');
  const digests = files as Record<string, unknown>;
  for (const name of needed) {
    const digest = digests[name];
    if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) {
      refuse(`files: ${name}`, digest, 'its SHA-256 in 64 hexadecimal digits');
    }
  }
  const chosen = Object.fromEntries(needed.map((name) => [name, digests[name] as string]));
  return {
    id: id as string,
    dimension: dimension as number,
    maxTokens: maxTokens as number,
    pooling: pooling as 'mean' | 'cls',
    queryPrefix: queryPrefix as string,
    least: least as number,
    files: chosen,
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new Error(`EVENKEEL_MODELS: ${manifestName}: expected a JSON object`);
}

const isCount = (value: unknown, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;

function refuse(field: string, got: unknown, expected: string): never {
  throw new Error(
    `EVENKEEL_MODELS: ${manifestName}: ${field}: got ${JSON.stringify(got)}, expected ${expected}`,
  );
}
