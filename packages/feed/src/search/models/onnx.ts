import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import * as ort from 'onnxruntime-web';
import { toUnitLength } from '../lsa/embed.js';
import { type Manifest, manifestName, parseManifest } from './manifest.js';
import type { LoadedModel, TextKind } from './model.js';

/** Loads the model of a folder. @throws Error that says which file is not as its manifest says */
export async function loadOnnx(folder: string): Promise<LoadedModel> {
  const manifest = parseManifest(await readText(folder, manifestName));
  const files = new Map<string, Buffer>();
  for (const [name, digest] of Object.entries(manifest.files)) {
    files.set(name, await readChecked(folder, name, digest));
  }
  const jsonOf = (name: string): object => JSON.parse(files.get(name)!.toString('utf8')) as object;
  const tokenizer = new Tokenizer(jsonOf('tokenizer.json'), jsonOf('tokenizer_config.json'));
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(files.get('model.onnx')!);
  return {
    id: `onnx-${manifest.id}-${manifest.files['model.onnx']!.slice(0, 12)}`,
    name: manifest.id,
    dimension: manifest.dimension,
    least: manifest.least,
    async embed(texts, kind) {
      const vectors = [];
      for (const text of texts) vectors.push(await embedOne(session, tokenizer, manifest, text, kind));
      return vectors;
    },
  };
}

async function readText(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    throw new Error(`EVENKEEL_MODELS: ${folder}: ${name}: cannot be read; expected the manifest of a model`, {
      cause: error,
    });
  }
}

async function readChecked(folder: string, name: string, expected: string): Promise<Buffer> {
  const bytes = await readFile(join(folder, name)).catch((cause: unknown) => {
    throw new Error(`EVENKEEL_MODELS: ${folder}: ${name}: cannot be read; expected a file of the model`, {
      cause,
    });
  });
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== expected) {
    throw new Error(`EVENKEEL_MODELS: ${folder}: ${name}: its SHA-256 is ${digest}, expected ${expected}`);
  }
  return bytes;
}

async function embedOne(
  session: ort.InferenceSession,
  tokenizer: Tokenizer,
  { dimension, maxTokens, pooling, queryPrefix }: Manifest,
  text: string,
  kind: TextKind,
): Promise<Float32Array> {
  const { ids } = tokenizer.encode(kind === 'query' ? queryPrefix + text : text);
  // The last token of what is cut off ends the text, as models have learned it.
  const tokens = ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ids.at(-1)!];
  if (tokens.length === 0) return new Float32Array(dimension);
  const inputs: Record<string, readonly number[]> = {
    input_ids: tokens,
    attention_mask: tokens.map(() => 1),
    token_type_ids: tokens.map(() => 0),
  };
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => {
      const values = inputs[name];
      if (!values)
        throw new Error(
          `EVENKEEL_MODELS: the model asks for ${name}, expected ${Object.keys(inputs).join(', ')}`,
        );
      return [name, new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])];
    }),
  );
  const output = (await session.run(feeds))[session.outputNames[0]!]!;
  const states = (await output.getData()) as Float32Array;
  if (states.length !== tokens.length * dimension) {
    throw new Error(
      `EVENKEEL_MODELS: the model gives ${output.dims.join(' × ')} numbers, expected 1 × ${tokens.length} × ${dimension}`,
    );
  }
  return toUnitLength(pooling === 'cls' ? states.slice(0, dimension) : meanOf(states, dimension));
}

function meanOf(states: Float32Array, dimension: number): Float32Array {
  const mean = new Float32Array(dimension);
  states.forEach((value, index) => {
    mean[index % dimension]! += (value * dimension) / states.length;
  });
  return mean;
}
