import { createRequire } from 'node:module';
import ort, { type InferenceSession } from 'onnxruntime-node';

/** Of the package that the engine runs on in Node. */
export const onnxRuntimeVersion = (
  createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }
).version;

/** Sees every ONNX model that is loaded from now on, and may change the options it is loaded with. */
export function interceptSessions(
  change: (options: InferenceSession.SessionOptions) => InferenceSession.SessionOptions,
  created: (session: InferenceSession, model: Uint8Array, milliseconds: number) => void = () => {},
): void {
  const factory = ort.InferenceSession as {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  const create = factory.create.bind(factory);
  factory.create = async (model, options) => {
    const start = performance.now();
    const session = await create(model, change(options));
    created(session, model, performance.now() - start);
    return session;
  };
}
