import { cast, compile, equal, type Tensor } from '@evenkeel/tensor';
import type { GatePass } from './gated.js';
import type { GatedNetwork, GateMasks } from './network.js';
import type { GateTarget } from './target.js';

/** What gates do on given samples: means over them. */
export interface GateMeasures {
  /** 1 - multiply-adds / those of the dense network. */
  readonly reduction: number;
  /** Of a sample. */
  readonly multiplyAdds: number;
  readonly denseMultiplyAdds: number;
  readonly gates: readonly {
    /** Filters that were let through, of a sample. */
    readonly active: number;
    readonly filters: number;
    /** How often each filter was let through, a share each. */
    readonly use: readonly number[];
    /** Largest response of each filter, mean over the samples. */
    readonly peaks: readonly number[];
    /** Share of filters for which mask and target agree. */
    readonly accuracy: number;
    /** What the best mask that is the same for all samples would agree with. */
    readonly majority: number;
    /** Share of samples for which the whole layer was 0 before masking. */
    readonly silent: number;
  }[];
  /** Layers that put out nothing but 0 for some samples. */
  readonly warnings: readonly string[];
}

/** Sums over the samples of a batch. */
const sums = (network: GatedNetwork, inputs: Tensor, mask: GateMasks) => {
  const { gates, multiplyAdds } = network.pass(inputs, { mask });
  const gateSums = ({ mask: open, peaks, target }: GatePass) => ({
    use: open.sum({ axis: 0 }),
    peaks: peaks.sum({ axis: 0 }),
    wanted: target.sum({ axis: 0 }),
    right: cast(equal(open, target), target.dtype).sum(),
    silent: cast(equal(peaks.max({ axis: 1 }), 0), target.dtype).sum(),
  });
  return { multiplyAdds: multiplyAdds.sum(), gates: gates.map(gateSums) };
};

/** Sums of the dense network are the same for every sample: traced once, by shape. */
const denseWork = (network: GatedNetwork, inputs: Tensor): number => network.pass(inputs).denseMultiplyAdds;

const add = (into: Float64Array, numbers: ArrayLike<number | bigint>): void => {
  for (let i = 0; i < into.length; i++) into[i]! += Number(numbers[i]);
};

/**
 * Runs samples through the gates in evaluation, and says what is left out and how well the heads predict.
 * @param samples batches of inputs, such as `[images]`
 * @param mask `predicted` unless said
 * @throws RangeError for no samples; ShapeError when inputs or masks do not fit
 */
export async function measureGates(
  network: GatedNetwork,
  samples: Iterable<Tensor> | AsyncIterable<Tensor>,
  mask: GateMasks = 'predicted',
): Promise<GateMeasures> {
  const program = compile((model: GatedNetwork, inputs: Tensor) => sums(model, inputs, mask));
  let [count, multiplyAdds, dense] = [0, 0, 0];
  const totals: Record<'use' | 'peaks' | 'wanted' | 'right' | 'silent', Float64Array>[] = [];
  for await (const inputs of samples) {
    const found = await program(network, inputs);
    dense ||= denseWork(network, inputs);
    count += inputs.length(0);
    multiplyAdds += Number(await found.multiplyAdds.item());
    for (const [gate, sum] of found.gates.entries()) {
      totals[gate] ??= {
        use: new Float64Array(sum.use.size),
        peaks: new Float64Array(sum.use.size),
        wanted: new Float64Array(sum.use.size),
        right: new Float64Array(1),
        silent: new Float64Array(1),
      };
      for (const [name, into] of Object.entries(totals[gate]!))
        add(into, await sum[name as keyof typeof sum].data());
    }
  }
  await program.release();
  if (count === 0) throw new RangeError('measureGates: there are no samples');
  const gates = totals.map(({ use, peaks, wanted, right, silent }) => ({
    active: use.reduce((a, b) => a + b) / count,
    filters: use.length,
    use: Array.from(use, (each) => each / count),
    peaks: Array.from(peaks, (each) => each / count),
    accuracy: right[0]! / (count * use.length),
    majority: wanted.reduce((sum, each) => sum + Math.max(each, count - each), 0) / (count * use.length),
    silent: silent[0]! / count,
  }));
  const warnings = gates.flatMap(({ silent }, gate) =>
    silent > 0
      ? [`gate ${gate}: all filters are 0 for ${Math.round(silent * count)} of ${count} samples`]
      : [],
  );
  return {
    reduction: 1 - multiplyAdds / (count * dense),
    multiplyAdds: multiplyAdds / count,
    denseMultiplyAdds: dense,
    gates,
    warnings,
  };
}

/**
 * The reduction to expect, in [0, 1], before any head is trained: target masks in the place of predictions on samples of the
 * training data. Heads may have any weights.
 * @param target of all gates; their own unless said
 * @throws as `measureGates`; RangeError for a target out of range
 */
export async function estimateReduction(
  network: GatedNetwork,
  samples: Iterable<Tensor> | AsyncIterable<Tensor>,
  target?: GateTarget,
): Promise<number> {
  const { reduction } = await measureGates(target ? network.withTarget(target) : network, samples, 'target');
  return reduction;
}
