import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { TypedArray } from '../graph/dtype.js';
import { sizeOf } from '../graph/shape.js';
import type { TensorType, Value } from '../graph/tensor.js';
import { valueFrom } from './host.js';
import { type Platform, sessionOptions } from './platform.js';
import { type Device, Resident, withInputs } from './resident.js';
import type { Runtime } from './runtime.js';

/** Copies the elements of a tensor of ONNX Runtime from the GPU. */
export type Download = (tensor: OrtTensor, type: TensorType) => Promise<TypedArray>;

/** A tensor of ONNX Runtime on the GPU, and whom to tell when it is freed. */
interface Kept {
  readonly tensor: OrtTensor;
  freed(): void;
}

/** ONNX Runtime on a GPU. What is computed stays there until it is read. */
export function gpuRuntime(platform: Platform, download: Download): Runtime {
  const { InferenceSession, Tensor, oneAtATime } = platform;
  const uploaded = ({ dtype, data, shape }: Value): OrtTensor => new Tensor(dtype, data as never, shape);
  const device: Device<Kept> = {
    download: ({ tensor }, type) => oneAtATime(() => download(tensor, type)),
    free({ tensor, freed }) {
      tensor.dispose();
      freed();
    },
  };
  return {
    name: 'webgpu',
    target: { gpu: true },
    ended: false,
    async load(model) {
      const places = model.outputs.map(({ name, shape }) => [name, sizeOf(shape) ? 'gpu-buffer' : 'cpu']);
      const options: InferenceSession.SessionOptions = {
        ...sessionOptions(platform, model.optimization),
        preferredOutputLocation: Object.fromEntries(places),
      };
      const session = await oneAtATime(() => InferenceSession.create(model.bytes, options));
      // A session owns the memory of its results: it can go only after the last of them.
      let results = 0;
      let released = false;
      const releaseWhenUnused = async (): Promise<void> => {
        if (released && results === 0) await oneAtATime(() => session.release());
      };
      const kept = (tensor: OrtTensor): Kept => {
        results++;
        const freed = () => {
          results--;
          void releaseWhenUnused();
        };
        return { tensor, freed };
      };
      return {
        run: (inputs) =>
          withInputs(device, inputs, async (given) => {
            const feeds: Record<string, InferenceSession.OnnxValueMapType[string]> = {};
            given.forEach((input, i) => {
              feeds[model.inputs[i]!] = 'handle' in input ? input.handle.tensor : uploaded(input.value);
            });
            const outputs = await oneAtATime(() => session.run(feeds));
            return model.outputs.map((type) => {
              const output = outputs[type.name]!;
              return output.location === 'cpu'
                ? valueFrom(type, output.data as TypedArray)
                : new Resident(device, kept(output), type);
            });
          }),
        async release() {
          released = true;
          await releaseWhenUnused();
        },
      };
    },
  };
}
