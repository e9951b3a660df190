import { cond } from '../../../control/cond.js';
import { normalizeAxis } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { reshape } from '../../../ops/broadcast.js';
import { greaterEqual, mul, where } from '../../../ops/elementwise.js';
import { full } from '../../../ops/fill.js';
import { split, squeeze, stack } from '../../../ops/movement.js';
import { uniform } from '../../../ops/random.js';
import type { Call, Operators } from '../call.js';
import { knownValue, tensorValue, type Value } from '../value.js';

/** Only the branch that is taken is traced, if that is known; otherwise both, and the condition decides when it runs. */
function branch(call: Call): (Value | Tensor)[] {
  const run = (taken: boolean) => call.run(call.graph(taken ? 'then_branch' : 'else_branch'), []);
  const { numbers } = call.value(0);
  if (numbers?.length === 1) return run(numbers[0] !== 0);
  const tensors = (taken: boolean) => () => run(taken).map(({ tensor }) => tensor);
  return cond(reshape(call.tensor(0), []), tensors(true), tensors(false));
}

/** Outputs of all steps along a new first axis; no steps leave nothing to tell their shape by. */
function stacked(call: Call, steps: readonly (readonly Value[])[], index: number, axis = 0): Value {
  if (steps.length === 0) throw call.error('a loop without steps has outputs of unknown shape');
  const values = steps.map((outputs) => outputs[index]!);
  if (axis === 0 && values.every((value) => value.numbers)) {
    const { dtype, shape } = values[0]!;
    return knownValue(
      values.flatMap(({ numbers }) => numbers!),
      dtype,
      [values.length, ...shape],
    );
  }
  return tensorValue(
    stack(
      values.map(({ tensor }) => tensor),
      axis,
    ),
  );
}

/** One step of a loop. @param count how many results it must have */
function runBody(call: Call, inputs: readonly Value[], count: number): Value[] {
  const results = call.run(call.graph('body'), inputs);
  if (results.length !== count) {
    throw call.error(`its body gives ${results.length} results, expected ${count}`);
  }
  return results;
}

/** Unrolled: how often it runs must be known. */
function loop(call: Call): (Value | undefined)[] {
  const count = call.optionalNumbers(0, 'the trip count')?.[0] ?? Number.POSITIVE_INFINITY;
  let going = call.optionalNumbers(1, 'the condition')?.[0] ?? 1;
  let carried = call.inputs.slice(2).map((_, index) => call.value(index + 2));
  const steps: Value[][] = [];
  for (let step = 0; step < count && going; step++) {
    call.tracing.takeNode(call.node);
    const state = [knownValue([step], 'int64', []), knownValue([1], 'bool', []), ...carried];
    const [condition, ...results] = runBody(call, state, call.node.outputs.length + 1) as [Value, ...Value[]];
    if (!condition.numbers) throw call.error('its end must be known before the model runs');
    going = condition.numbers[0] ?? 0;
    carried = results.slice(0, carried.length);
    steps.push(results.slice(carried.length));
  }
  const extra = call.node.outputs.slice(carried.length);
  return [...carried, ...extra.map((name, index) => (name ? stacked(call, steps, index) : undefined))];
}

/** Unrolled along the axis that is scanned. */
function scan(call: Call): (Value | undefined)[] {
  const scanned = call.int('num_scan_inputs');
  const states = call.inputs.length - scanned;
  if (!(scanned >= 1 && states >= 0)) throw call.error(`attribute "num_scan_inputs": got ${scanned}`);
  const sources = call.inputs.slice(states).map((_, index) => call.tensor(states + index));
  const axes = sources.map(({ rank }, i) =>
    normalizeAxis('Scan', call.ints('scan_input_axes')?.[i] ?? 0, rank),
  );
  const length = sources[0]!.shape[axes[0]!]!;
  if (sources.some(({ shape }, i) => shape[axes[i]!] !== length)) throw call.error('inputs differ in length');
  const at = (source: Tensor, i: number, step: number): Value => {
    const place = call.ints('scan_input_directions')?.[i] ? length - 1 - step : step;
    const piece = split(source, [place, 1, length - place - 1], axes[i])[1]!;
    return tensorValue(squeeze(piece, axes[i]!));
  };
  let state = call.inputs.slice(0, states).map((_, index) => call.value(index));
  const steps: Value[][] = [];
  for (let step = 0; step < length; step++) {
    call.tracing.takeNode(call.node);
    const pieces = sources.map((source, i) => at(source, i, step));
    const results = runBody(call, [...state, ...pieces], call.node.outputs.length);
    state = results.slice(0, states);
    steps.push(results.slice(states));
  }
  const extra = call.node.outputs.slice(states);
  const outputs = extra.map((name, index) => {
    if (!name) return undefined;
    const ordered = call.ints('scan_output_directions')?.[index] ? [...steps].reverse() : steps;
    return stacked(call, ordered, index, call.ints('scan_output_axes')?.[index] ?? 0);
  });
  return [...state, ...outputs];
}

/** In training with a key, zeros at random places and the rest scaled up; otherwise nothing. */
function dropout(call: Call): (Value | Tensor)[] {
  const value = call.value(0);
  const key = call.tracing.nextKey();
  const keepAll = () => full(value.shape, 1, 'bool');
  if (!key) return [value, keepAll()];
  const ratio = call.opset >= 12 ? (call.optionalNumbers(1, 'ratio')?.[0] ?? 0.5) : call.float('ratio', 0.5);
  if (!(ratio >= 0 && ratio < 1))
    throw call.error(`ratio: got ${ratio}, expected a number from 0 to below 1`);
  const kept = greaterEqual(uniform(key, value.shape), ratio);
  return [where(kept, mul(value.tensor, 1 / (1 - ratio)), 0), kept];
}

export const controls: Operators = { Dropout: dropout, If: branch, Loop: loop, Scan: scan };
