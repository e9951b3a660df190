import { crossEntropy, Linear, relu, sgd } from '@evenkeel/nn';
import { type BatchStatistics, globalAveragePool, normal, splitKey, type Tensor } from '@evenkeel/tensor';
import { workload } from '../workload.js';
import { integers, NormalizedConv } from './layers.js';

const widths = [16, 32, 64];
const blocksOfStage = 2;

interface BlockStatistics {
  readonly first: BatchStatistics;
  readonly second: BatchStatistics;
  readonly shortcut?: BatchStatistics;
}

class Block {
  readonly first: NormalizedConv;
  readonly second: NormalizedConv;
  readonly shortcut?: NormalizedConv;

  constructor(key: Tensor, inputs: number, outputs: number) {
    const [first, second, shortcut] = splitKey(key, 3);
    this.first = new NormalizedConv(first, inputs, outputs, 3);
    this.second = new NormalizedConv(second, outputs, outputs, 3);
    if (inputs !== outputs) this.shortcut = new NormalizedConv(shortcut, inputs, outputs, 1);
  }

  get statistics(): BlockStatistics {
    return {
      first: this.first.statistics,
      second: this.second.statistics,
      ...(this.shortcut && { shortcut: this.shortcut.statistics }),
    };
  }

  call(x: Tensor, before: BlockStatistics): { output: Tensor; running: BlockStatistics } {
    const strides = this.shortcut ? 2 : 1;
    const first = this.first.call(x, before.first, { padding: 1, strides });
    const second = this.second.call(relu(first.output), before.second, { padding: 1 });
    const shortcut = this.shortcut?.call(x, before.shortcut!, { strides });
    return {
      output: relu(second.output.add(shortcut?.output ?? x)),
      running: {
        first: first.running,
        second: second.running,
        ...(shortcut && { shortcut: shortcut.running }),
      },
    };
  }
}

interface Statistics {
  readonly stem: BatchStatistics;
  readonly blocks: readonly BlockStatistics[];
}

class ResNet {
  readonly stem: NormalizedConv;
  readonly blocks: readonly Block[];
  readonly output: Linear;

  constructor(key: Tensor) {
    const [stem, output, ...blocks] = splitKey(key, 2 + widths.length * blocksOfStage);
    this.stem = new NormalizedConv(stem!, 3, widths[0]!, 3);
    this.blocks = blocks.map((each, i) => {
      const stage = Math.floor(i / blocksOfStage);
      const isFirst = i % blocksOfStage === 0;
      return new Block(each, widths[isFirst ? Math.max(0, stage - 1) : stage]!, widths[stage]!);
    });
    this.output = new Linear(output!, widths.at(-1)!, 10);
  }

  get statistics(): Statistics {
    return { stem: this.stem.statistics, blocks: this.blocks.map((block) => block.statistics) };
  }

  call(images: Tensor, before: Statistics): readonly [logits: Tensor, after: Statistics] {
    const stem = this.stem.call(images, before.stem, { padding: 1 });
    let x = relu(stem.output);
    const blocks = this.blocks.map((block, i) => {
      const { output, running } = block.call(x, before.blocks[i]!);
      x = output;
      return running;
    });
    return [this.output.call(globalAveragePool(x)), { stem: stem.running, blocks }];
  }
}

export const resnet = workload({
  name: 'resnet',
  title: 'ResNet-14 (16, 32, 64 channels, batch norm) on 3 × 32 × 32, batch 32, SGD with momentum',
  seed: 8,
  model: (key) => new ResNet(key),
  buffers: (model) => model.statistics,
  batch(key) {
    const [images, labels] = splitKey(key);
    return { images: normal(images, [32, 3, 32, 32]), labels: integers(labels, [32], 10) };
  },
  loss(model, statistics, { images, labels }) {
    const [logits, after] = model.call(images, statistics);
    return [crossEntropy(logits, labels), after];
  },
  optimizer: sgd({ learningRate: 1e-2, momentum: 0.9 }),
});
