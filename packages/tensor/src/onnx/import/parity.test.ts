import { existsSync, readFileSync } from 'node:fs';
import ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../runtime/evaluate.js';
import { exampleInputs, fixtureNames, fixturePath, importFixture } from './fixtures.js';

/** How far results may be from ONNX Runtime's own, relative to the largest. Quantized numbers may be one level apart. */
const tolerances: Readonly<Record<string, number>> = { 'quantized-21': 0.02 };

/** Axes that several sequences have. */
const sizes = [
  { n: 2, t: 5 },
  { n: 3, t: 7 },
];

const processor = '/proc/cpuinfo';
/** Without the instructions for them, ONNX Runtime lets sums of two 8-bit products overflow, which is not what the file says. */
const overflows =
  process.arch === 'x64' && existsSync(processor) && !/vnni/.test(readFileSync(processor, 'utf8'));

describe('imported models compute what ONNX Runtime does', () => {
  for (const name of fixtureNames) {
    it(name, async () => {
      const model = await importFixture(name);
      const session = await ort.InferenceSession.create(fixturePath(name), {
        graphOptimizationLevel: 'disabled',
      });
      for (const lengths of sizes) {
        const inputs = exampleInputs(model, lengths);
        const feeds = Object.entries(inputs).map(([key, input]) => {
          const { dtype, data, shape } = input.value!;
          return [key, new ort.Tensor(dtype as 'float32', data as Float32Array, shape)] as const;
        });
        const expected = await session.run(Object.fromEntries(feeds));
        const outputs = await evaluate(model.run(inputs).outputs);
        expect(Object.keys(outputs).sort()).toEqual(Object.keys(expected).sort());
        for (const [key, output] of Object.entries(outputs)) {
          const theirs = expected[key]!;
          expect([key, output.shape]).toEqual([key, theirs.dims]);
          if (overflows && key.startsWith('QLinearConv')) continue;
          const ours = Array.from(output.value!.data as Float32Array, Number);
          const wanted = Array.from(theirs.data as Float32Array, Number);
          const size = wanted.reduce(
            (most, each) => Math.max(most, Number.isFinite(each) ? Math.abs(each) : 0),
            1e-3,
          );
          const wrong = ours.find(
            (each, i) =>
              !(
                Object.is(each, wanted[i]) || Math.abs(each - wanted[i]!) <= (tolerances[name] ?? 3e-6) * size
              ),
          );
          const at = ours.indexOf(wrong!);
          expect([key, wrong, wanted[at]]).toEqual([key, undefined, undefined]);
        }
      }
      await session.release();
    });
  }
});
