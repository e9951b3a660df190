import { readFileSync } from 'node:fs';
import { chain, channelGroups, crossEntropy, fit, repeat, sgd, shrink } from '@evenkeel/nn';
import {
  exportOnnx,
  type ImportedModule,
  importOnnx,
  normal,
  randomKey,
  type Tensor,
  tensor,
} from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { channelSet, groupNorms, proximalStep, wgsef } from '../wgsef/index.js';
import { chooseMasks, maskByRatio, maskSparsity, scaleMasks } from './index.js';

const file = new URL('../../../../tensor/src/onnx/import/fixtures/cnn-17.onnx', import.meta.url);
const call = (model: ImportedModule, x: Tensor) => model.call(x);
const examples = [{ shape: [1, 1, 12, 12] }];
const x = normal(randomKey(4), [20, 1, 12, 12]);
const labels = tensor(
  Array.from({ length: 20 }, (_, i) => i % 5),
  'int32',
);

describe('MaskSparsity on a file from PyTorch, in one training with the proximal step of the sparse envelope', () => {
  it('makes each its own layer smaller', async () => {
    const model = await importOnnx(readFileSync(file));
    const groups = channelGroups(model, call, examples);
    const [first, second] = groups.groups;
    const masks = await chooseMasks(model, groups, (scales) => maskByRatio(scales, 0.5));
    const penalty = maskSparsity({
      masks: scaleMasks(groups, { [first!.name]: masks[first!.name]! }),
      lambda: 0.1,
    });
    const learningRate = 0.02;
    const envelope = wgsef({ groups: [channelSet(second!)], k: 3, lambda: 3 });
    const { model: trained, loss } = await fit({
      model,
      loss: (net, batch) => crossEntropy(net.call(batch.x), batch.labels),
      optimizer: chain(penalty, sgd({ learningRate }), proximalStep(envelope, { learningRate })),
      batches: repeat({ x, labels }),
      steps: 600,
    });
    expect(loss).toBeLessThan(Math.log(5));

    const scales = first!.places.find(({ role }) => role === 'scale')!.path.replace('parameters.', '');
    const magnitudes = Array.from(await trained.parameters[scales]!.data(), Number).map(Math.abs);
    masks[first!.name]!.forEach((keep, channel) => {
      if (keep === 0) expect(magnitudes[channel]).toBeLessThan(0.01);
      else expect(magnitudes[channel]).toBeGreaterThan(0.1);
    });
    const norms = Array.from(await groupNorms(trained, [channelSet(second!)]));
    expect(norms.filter((norm) => norm > 0)).toHaveLength(3);

    const left = norms.map((norm) => Number(norm > 0));
    const exact = await shrink(trained, call, examples, { [second!.name]: left });
    const distance = (a: ImportedModule, b: ImportedModule) => a.call(x).sub(b.call(x)).abs().max().item();
    expect(await distance(exact.model, trained)).toBeLessThan(1e-5);

    const small = await shrink(trained, call, examples, {
      [first!.name]: masks[first!.name]!,
      [second!.name]: left,
    });
    expect(small.after.multiplyAdds).toBeLessThan(0.5 * small.before.multiplyAdds);
    const written = await exportOnnx(
      (weights, input) => small.model.withWeights(weights).call(input),
      small.model.weights,
      { x: { shape: ['n', 1, 12, 12] } },
    );
    expect(await distance(await importOnnx(written.bytes), small.model)).toBeLessThan(1e-5);
  });
});
