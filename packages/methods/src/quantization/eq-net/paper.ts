import type { Paper } from '../../paper.js';

export const eqNet: Paper = {
  slug: 'eq-net',
  title: 'EQ-Net: Elastic Quantization Neural Networks',
  arxivId: '2308.07650',
  date: '2023-08-15',
  authorCount: 5,
  repository: 'https://github.com/xuke225/EQ-Net',
  family: 'quantization',
  summary:
    'Trains one network that can afterwards be quantized to any mix of bit widths and formats, without a training run for each.',
  inOneMinute: {
    problem:
      'A network quantized for one bit width or format usually does badly in another, so every target device asks for its own training run.',
    idea: 'All forms share the weights but own their step sizes. Each training step runs the highest, random and the lowest bit widths, each guided by the soft labels of the one before. A penalty pulls the weights towards a flat, symmetric distribution, which is easier to quantize.',
    cost: 'Three forward and backward passes per step, a step size for every layer and form, a calibration before training, and new batch-norm statistics for every form that is evaluated.',
    useWhen:
      'One model must serve devices with different bit widths or number formats, or a mixed-precision search needs candidates at hand.',
    avoidWhen:
      'A single low bit width is enough: at 2 bits a network trained for that alone is better in the paper. In small trials the guidance and the weight penalty changed accuracy by no more than noise; the shared training made the difference.',
  },
  published: [
    {
      setting: 'ImageNet top-1, ResNet-18 (FP 69.8), 2/2 bits, per-tensor symmetric',
      values: [
        { arm: 'LSQ (trained for this form)', value: '67.6' },
        { arm: 'AnyPrecision', value: '64.2' },
        { arm: 'CoQuant', value: '57.1' },
        { arm: 'EQ-Net', value: '65.9' },
      ],
    },
    {
      setting: 'ImageNet top-1, ResNet-18 (FP 69.8), 3/3 bits, asymmetric',
      values: [
        { arm: 'MultiQuant', value: '67.5' },
        { arm: 'RobustQuant', value: '57.3' },
        { arm: 'EQ-Net', value: '69.3' },
      ],
    },
    {
      setting: 'ImageNet top-1, MobileNetV2 (FP 71.9), 4/4 bits',
      values: [
        { arm: 'MultiQuant', value: '69.9' },
        { arm: 'RobustQuant', value: '59.0' },
        { arm: 'EQ-Net', value: '71.0' },
      ],
    },
  ],
};
