import type { ModelFacts } from './models/model.js';
import { SearchThread } from './thread/client.js';

/** Loads the ONNX model of a folder to see whether it can be used. @throws Error that says what is wrong with it */
export async function describeModel(folder: string): Promise<ModelFacts> {
  const thread = new SearchThread();
  try {
    return await thread.ask('load', { source: { kind: 'onnx', folder } });
  } finally {
    await thread.close();
  }
}
