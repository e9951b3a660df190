import ort, { type InferenceSession } from 'onnxruntime-node';

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
