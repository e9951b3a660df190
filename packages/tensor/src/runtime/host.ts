import type { InferenceSession } from 'onnxruntime-common';
import type { TypedArray } from '../graph/dtype.js';
import { RuntimeError } from '../graph/errors.js';
import type { Target } from '../graph/primitive.js';
import { sizeOf } from '../graph/shape.js';
import { isHere, type Stored, type TensorType, type Value } from '../graph/tensor.js';
import { type Platform, sessionOptions } from './platform.js';
import type { Runtime, RuntimeName } from './runtime.js';

/** ONNX Runtime in this thread, on the processor. Elements are typed arrays before and after a run. */
export function hostRuntime(name: RuntimeName, platform: Platform, target: Target): Runtime {
  return {
    name,
    target,
    ended: false,
    async load(model) {
      const { InferenceSession, Tensor, oneAtATime } = platform;
      const session = await oneAtATime(() =>
        InferenceSession.create(model.bytes, sessionOptions(platform, model.optimization)),
      );
      return {
        async run(inputs) {
          const values = inputs.every(isHere) ? inputs : await Promise.all(inputs.map(here));
          const feeds: Record<string, InferenceSession.OnnxValueMapType[string]> = {};
          model.inputs.forEach((input, i) => {
            const { data, dtype, shape } = values[i] as Value;
            feeds[input] = new Tensor(dtype, data as never, shape);
          });
          const results = await oneAtATime(() => session.run(feeds));
          return model.outputs.map((output) => valueFrom(output, results[output.name]!.data as TypedArray));
        },
        release: () => session.release(),
      };
    },
  };
}

/** Elements from wherever they are. */
export const here = (stored: Stored): Value | Promise<Value> => (isHere(stored) ? stored : stored.read());

/** @throws RuntimeError when there are not as many elements as the shape says */
export function valueFrom({ dtype, shape }: TensorType, data: TypedArray): Value {
  if (data.length !== sizeOf(shape)) {
    throw new RuntimeError(
      `run: expected ${sizeOf(shape)} elements for shape [${shape.join(', ')}], got ${data.length}`,
    );
  }
  return { dtype, shape, data };
}
