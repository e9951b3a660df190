import { scan } from '../../../control/scan.js';
import { formatShape, type Shape, sameShape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { reshape } from '../../../ops/broadcast.js';
import { add, cast, greater, mul, relu, sigmoid, sub, tanh, where } from '../../../ops/elementwise.js';
import { zeros } from '../../../ops/fill.js';
import { iota } from '../../../ops/gather.js';
import { matMul } from '../../../ops/matMul.js';
import { slice, split, stack, swapAxes, transpose } from '../../../ops/movement.js';
import type { Call, Operators } from '../call.js';

// Recurrent networks, step by step: [time, batch, features] in, one hidden state a step out.

/** Weights of one direction. */
interface Weights {
  /** [gates · hidden, features] */
  readonly input: Tensor;
  /** [gates · hidden, hidden] */
  readonly recurrent: Tensor;
  /** [gates · hidden] each; undefined for zeros. */
  readonly inputBias: Tensor | undefined;
  readonly recurrentBias: Tensor | undefined;
  /** Of an LSTM: what gates see of the cell, [3 · hidden]. */
  readonly peephole: Tensor | undefined;
}

/** A hidden state, followed by the cell of an LSTM; each [batch, hidden]. */
type State = readonly Tensor[];

/** One step. @param projected what the input contributes to all gates, [batch, gates · hidden] */
type Cell = (projected: Tensor, state: State, weights: Weights) => State;

const withBias = (x: Tensor, bias: Tensor | undefined): Tensor => (bias ? add(x, bias) : x);

const recur = (state: Tensor, { recurrent, recurrentBias }: Weights): Tensor =>
  withBias(matMul(state, recurrent, { transposeB: true }), recurrentBias);

const gatesOf = (x: Tensor, count: number): Tensor[] => split(x, count, -1);

const lstmCell: Cell = (projected, [h, c], weights) => {
  const [input, output, forget, candidate] = gatesOf(add(projected, recur(h!, weights)), 4);
  const peepholes = weights.peephole && gatesOf(weights.peephole, 3);
  const seen = (gate: Tensor, cell: Tensor, which: 0 | 1 | 2) =>
    sigmoid(peepholes ? add(gate, mul(peepholes[which]!, cell)) : gate);
  const cell = add(mul(seen(forget!, c!, 2), c!), mul(seen(input!, c!, 0), tanh(candidate!)));
  return [mul(seen(output!, cell, 1), tanh(cell)), cell];
};

const gruCell =
  (resetAfter: boolean): Cell =>
  (projected, [h], weights) => {
    const [update, reset, candidate] = gatesOf(projected, 3);
    const hidden = h!.length(-1);
    const part = (from: number, to: number): Weights => {
      const rows = (tensor: Tensor) => slice(tensor, [from * hidden], [to * hidden]);
      const { recurrentBias } = weights;
      return {
        ...weights,
        recurrent: rows(weights.recurrent),
        recurrentBias: recurrentBias && rows(recurrentBias),
      };
    };
    const [forUpdate, forReset] = gatesOf(recur(h!, part(0, 2)), 2);
    const z = sigmoid(add(update!, forUpdate!));
    const r = sigmoid(add(reset!, forReset!));
    const recalled = resetAfter ? mul(r, recur(h!, part(2, 3))) : recur(mul(r, h!), part(2, 3));
    return [add(mul(sub(1, z), tanh(add(candidate!, recalled))), mul(z, h!))];
  };

const rnnCell =
  (activation: (x: Tensor) => Tensor): Cell =>
  (projected, [h], weights) => [activation(add(projected, recur(h!, weights)))];

interface Run {
  /** [time, batch, hidden] */
  readonly outputs: Tensor;
  readonly last: State;
}

/** @param lengths [batch], int32: steps from there on leave the state as it is and give zeros */
function runDirection(
  x: Tensor,
  weights: Weights,
  initial: State,
  cell: Cell,
  backwards: boolean,
  lengths: Tensor | undefined,
): Run {
  const projected = withBias(matMul(x, weights.input, { transposeB: true }), weights.inputBias);
  const step = (state: State, [row, t]: readonly Tensor[]): [State, Tensor] => {
    const next = cell(row!, state, weights);
    const active = lengths && reshape(greater(lengths, t!), [lengths.size, 1]);
    if (!active) return [next, next[0]!];
    return [next.map((each, i) => where(active, each, state[i]!)), where(active, next[0]!, 0)];
  };
  const rows = lengths ? [projected, iota(x.length(0))] : [projected];
  const [last, outputs] = scan(step, initial, rows, { reverse: backwards });
  return { outputs, last };
}

/** Index of inputs that all kinds have, and of those of an LSTM. */
const [lengthsAt, initialAt, initialCellAt, peepholeAt] = [4, 5, 6, 7];

function requireShapeOf(call: Call, what: string, tensor: Tensor | undefined, shape: Shape): void {
  if (tensor && !sameShape(tensor.shape, shape)) {
    throw call.error(`${what}: expected ${formatShape(shape)}, got ${formatShape(tensor.shape)}`);
  }
}

function runRecurrent(
  call: Call,
  gates: number,
  states: 1 | 2,
  cellOf: (direction: number) => Cell,
): Tensor[] {
  if (call.has('clip') || call.int('input_forget', 0))
    throw call.error('clip and input_forget are not supported');
  const batchFirst = call.int('layout', 0) !== 0;
  const direction = call.string('direction', 'forward', ['forward', 'reverse', 'bidirectional']);
  const directions = direction === 'bidirectional' ? 2 : 1;
  const given = call.tensor(0);
  if (given.rank !== 3) throw call.error(`expected three axes, got ${formatShape(given.shape)}`);
  const x = batchFirst ? swapAxes(given, 0, 1) : given;
  const [input, recurrent, bias] = [call.tensor(1), call.tensor(2), call.optional(3)];
  const hidden = recurrent.length(-1);
  const batch = x.length(1);
  requireShapeOf(call, 'W', input, [directions, gates * hidden, x.length(2)]);
  requireShapeOf(call, 'R', recurrent, [directions, gates * hidden, hidden]);
  requireShapeOf(call, 'B', bias, [directions, 2 * gates * hidden]);
  const peephole = states === 2 ? call.optional(peepholeAt) : undefined;
  requireShapeOf(call, 'P', peephole, [directions, 3 * hidden]);
  const lengths = call.optional(lengthsAt);
  const initials = [initialAt, initialCellAt].slice(0, states).map((at) => {
    const tensor = call.optional(at);
    const ordered = tensor && batchFirst ? swapAxes(tensor, 0, 1) : tensor;
    requireShapeOf(call, 'initial state', ordered, [directions, batch, hidden]);
    return ordered ?? zeros([directions, batch, hidden], x.dtype);
  });
  const runs = Array.from({ length: directions }, (_, which) => {
    const of = (tensor: Tensor) => reshape(slice(tensor, [which], [which + 1]), tensor.shape.slice(1));
    const biases = bias && split(of(bias), 2);
    const weights: Weights = {
      input: of(input),
      recurrent: of(recurrent),
      inputBias: biases?.[0],
      recurrentBias: biases?.[1],
      peephole: peephole && of(peephole),
    };
    const backwards = direction === 'reverse' || which === 1;
    const counted = lengths && cast(lengths, 'int32');
    return runDirection(x, weights, initials.map(of), cellOf(which), backwards, counted);
  });
  const all = stack(
    runs.map(({ outputs }) => outputs),
    1,
  );
  const last = initials.map((_, which) => stack(runs.map((run) => run.last[which]!)));
  return batchFirst
    ? [transpose(all, [2, 0, 1, 3]), ...last.map((state) => swapAxes(state, 0, 1))]
    : [all, ...last];
}

/** Refuses activations other than the usual ones. */
function requireActivations(call: Call, usual: readonly string[]): void {
  const names = call.strings('activations');
  const wrong = names?.find((name, i) => name.toLowerCase() !== usual[i % usual.length]!.toLowerCase());
  if (wrong !== undefined) throw call.error(`activations: got ${wrong}, expected ${usual.join(', ')}`);
}

function rnn(call: Call): Tensor[] {
  const names = call.strings('activations');
  return runRecurrent(call, 1, 1, (direction) => {
    const name = names?.[direction] ?? 'Tanh';
    const activation = { tanh, relu, sigmoid }[name.toLowerCase()];
    if (!activation) throw call.error(`activations: got ${name}, expected Tanh, Relu or Sigmoid`);
    return rnnCell(activation);
  });
}

export const recurrents: Operators = {
  GRU(call) {
    requireActivations(call, ['Sigmoid', 'Tanh']);
    return runRecurrent(call, 3, 1, () => gruCell(call.int('linear_before_reset', 0) !== 0));
  },
  LSTM(call) {
    requireActivations(call, ['Sigmoid', 'Tanh', 'Tanh']);
    return runRecurrent(call, 4, 2, () => lstmCell);
  },
  RNN: rnn,
};
