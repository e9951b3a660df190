import { InferenceSession, Tensor } from 'onnxruntime-node';

const rounds = { unmeasured: 5, measured: 50 };

/**
 * Median milliseconds of a call of each file with one sample, in turn: by ONNX Runtime alone with one thread, which is what
 * those get who use the file.
 * @param shape of the input, float32
 */
export async function fileTimes(
  files: readonly Uint8Array[],
  input: { readonly name: string; readonly shape: readonly number[] },
): Promise<number[]> {
  const elements = new Float32Array(input.shape.reduce((a, b) => a * b, 1)).fill(0.5);
  const feeds = { [input.name]: new Tensor('float32', elements, input.shape) };
  const sides = await Promise.all(
    files.map(async (file) => ({
      session: await InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 }),
      times: [] as number[],
    })),
  );
  for (let round = -rounds.unmeasured; round < rounds.measured; round++) {
    for (const { session, times } of sides) {
      const from = performance.now();
      await session.run(feeds);
      if (round >= 0) times.push(performance.now() - from);
    }
  }
  for (const { session } of sides) await session.release();
  return sides.map(({ times }) => times.sort((a, b) => a - b)[rounds.measured / 2]!);
}
