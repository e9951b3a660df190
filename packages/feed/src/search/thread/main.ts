import { parentPort } from 'node:worker_threads';
import { decodeLsa, encodeLsa, lsaEmbedder, lsaId } from '../lsa/embed.js';
import { lsaFacts } from '../lsa/facts.js';
import { fitLsa } from '../lsa/fit.js';
import type { LoadedModel } from '../models/model.js';
import { nearest, type Vectors } from '../vectors/nearest.js';
import type { ModelSource, Questions, Request } from './messages.js';

// A thread that computes what would keep the server from answering: models, and the search through many vectors.

let model: LoadedModel | undefined;
let vectors: Vectors = { rows: 0, elements: new Int8Array(), scales: new Float32Array() };

async function load(source: ModelSource): Promise<LoadedModel> {
  // Loaded only where they are used: their packages are large, and one of them is optional.
  if (source.kind === 'onnx') return (await import('../models/onnx.js')).loadOnnx(source.folder);
  if (source.kind === 'energetic') return (await import('../models/energetic.js')).loadEnergetic();
  const learned = decodeLsa(source.state);
  const embed = lsaEmbedder(learned);
  return {
    ...lsaFacts(lsaId(source.state), learned.dimension),
    embed: async (texts) => texts.map(embed),
  };
}

function fit(texts: readonly string[]): Questions['fit']['answer'] {
  const learned = fitLsa(texts);
  const state = encodeLsa(learned);
  return { id: lsaId(state), dimension: learned.dimension, state };
}

async function answer(request: Request): Promise<Questions[keyof Questions]['answer']> {
  switch (request.question) {
    case 'fit':
      return fit(request.ask.texts);
    case 'load': {
      model = await load(request.ask.source);
      const { id, name, dimension, least } = model;
      return { id, name, dimension, least };
    }
    case 'embed':
      if (!model) throw new Error('embed: no model is loaded');
      return model.embed(request.ask.texts, request.ask.kind);
    case 'vectors':
      vectors = request.ask;
      return null;
    case 'nearest':
      return nearest(vectors, request.ask.query, request.ask);
  }
}

parentPort!.on('message', (request: Request) => {
  answer(request).then(
    (result) => parentPort!.postMessage({ number: request.number, answer: result }),
    (error: unknown) =>
      parentPort!.postMessage({
        number: request.number,
        error: error instanceof Error ? error.message : String(error),
      }),
  );
});
