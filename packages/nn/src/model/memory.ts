import {
  type DType,
  nodesBehind,
  simplified,
  type Tensor,
  type TracedBody,
  type TracedNode,
} from '@evenkeel/tensor';

const bytesPerElement: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  int64: 8,
  uint32: 4,
  bool: 1,
};

export const bytesOf = ({ size, dtype }: Tensor): number => size * bytesPerElement[dtype];

/** Operations whose output is their input, seen as another shape. */
const views: ReadonlySet<string> = new Set(['reshape', 'after', 'identity', 'stopGradient']);

/** Operations that are made of nothing, whenever they are needed. */
const constants: ReadonlySet<string> = new Set(['literal', 'iota']);

/** From each tensor to the one whose memory it shares; undefined for constants. */
function owners(nodes: readonly TracedNode[]): (tensor: Tensor) => Tensor | undefined {
  const known = new Map<Tensor, Tensor | undefined>();
  const ownerOf = (tensor: Tensor) => (known.has(tensor) ? known.get(tensor) : tensor);
  for (const { operation, inputs, outputs } of nodes) {
    const [input] = inputs;
    const isConstant = operation === 'broadcastTo' && ownerOf(input!) === undefined;
    if (constants.has(operation) || isConstant) known.set(outputs[0]!, undefined);
    else if (views.has(operation)) known.set(outputs[0]!, ownerOf(input!));
  }
  return ownerOf;
}

/**
 * Most bytes of intermediate results at once when the nodes run in order and every result is freed after its last use;
 * the outputs are kept. What is given from outside does not count.
 */
export function peakBytes({ nodes, outputs }: Pick<TracedBody, 'nodes' | 'outputs'>): number {
  const ownerOf = owners(nodes);
  const lastUse = new Map<Tensor, number>();
  const use = (tensor: Tensor, at: number) => {
    const owner = ownerOf(tensor);
    if (owner) lastUse.set(owner, at);
  };
  nodes.forEach(({ inputs }, at) => {
    for (const input of inputs) use(input, at);
  });
  for (const output of outputs) use(output, nodes.length);
  let [live, peak] = [0, 0];
  const alive = new Set<Tensor>();
  nodes.forEach((node, at) => {
    for (const output of node.outputs) {
      if (ownerOf(output) !== output) continue;
      alive.add(output);
      live += bytesOf(output);
    }
    const inside = Math.max(0, ...Object.values(node.bodies).map(peakBytes));
    peak = Math.max(peak, live + inside);
    for (const tensor of new Set([...node.inputs, ...node.outputs].map(ownerOf))) {
      if (tensor && alive.has(tensor) && (lastUse.get(tensor) ?? at) <= at) {
        alive.delete(tensor);
        live -= bytesOf(tensor);
      }
    }
  });
  return peak;
}

/** Peak of a computation as it runs. */
export function inferenceBytes(outputs: readonly Tensor[]): number {
  const ends = simplified(outputs);
  return peakBytes({ nodes: nodesBehind(ends), outputs: ends });
}

/** Operations whose backward companions come out of the same operators, and so are there after the forward pass. */
const normalizations: ReadonlySet<string> = new Set(['standardize', 'batchNorm']);
const companions: ReadonlySet<string> = new Set(['inverseSpread', 'centre']);

/**
 * The results of forward nodes that the derivative uses, which a training step keeps until then: bytes by the tensors of
 * the traced graph. Results that are computed alike are kept once.
 */
export function keptBytes(outputs: readonly Tensor[], gradients: readonly Tensor[]): Map<Tensor, number> {
  const used = new Set([
    ...outputs,
    ...nodesBehind([...outputs, ...gradients]).flatMap(({ inputs }) => inputs),
  ]);
  const written = nodesBehind(outputs).flatMap((node) => node.outputs.filter((output) => used.has(output)));
  const all = simplified([...outputs, ...gradients, ...written]);
  const training = all.slice(0, outputs.length + gradients.length);
  const runs = all.slice(training.length);
  const writtenOf = new Map(runs.map((run, i) => [run, written[i]!]));
  const bytes = new Map<Tensor, number>();
  for (const [tensor, source] of keptIn(training, outputs.length)) {
    const place = writtenOf.get(source) ?? source;
    bytes.set(place, (bytes.get(place) ?? 0) + bytesOf(tensor));
  }
  return bytes;
}

/** What backward nodes use of forward ones, with the forward result that it came out with. */
function keptIn(ends: readonly Tensor[], outputs: number): Map<Tensor, Tensor> {
  const forward = nodesBehind(ends.slice(0, outputs));
  const training = nodesBehind(ends);
  const ownerOf = owners(training);
  const sources = new Map(forward.flatMap((node) => node.outputs.map((output) => [output, output] as const)));
  const normalized = new Map(
    forward.flatMap(({ operation, inputs: [x], outputs: [y] }) =>
      normalizations.has(operation) ? [[x!, y!] as const] : [],
    ),
  );
  for (const {
    operation,
    inputs: [x],
    outputs: [y],
  } of training) {
    const beside = companions.has(operation) ? normalized.get(x!) : undefined;
    if (beside && !sources.has(y!)) sources.set(y!, beside);
  }
  const kept = new Map<Tensor, Tensor>();
  for (const {
    operation,
    inputs,
    outputs: [first],
  } of training) {
    if (sources.has(first!) || views.has(operation)) continue;
    for (const owner of inputs.map(ownerOf)) {
      const source = owner && sources.get(owner);
      if (source) kept.set(owner, source);
    }
  }
  return kept;
}
