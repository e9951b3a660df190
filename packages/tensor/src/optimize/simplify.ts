import { type Application, applicationOf, applicationsOf, apply } from '../graph/primitive.js';
import { broadcastShapes, type Shape, sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { reshape } from '../ops/broadcast.js';
import { literalValue } from '../ops/create.js';
import { transpose } from '../ops/movement.js';

/** Rewrites one node whose inputs are simplified already; undefined when the rule has nothing to say. */
type Rule = (application: Application) => Tensor | undefined;

const isA = (tensor: Tensor, name: string): Application | undefined => {
  const application = applicationOf(tensor);
  return application?.primitive.name === name ? application : undefined;
};

const passThrough: Rule = ({ inputs: [input] }) => input;

const dropSameShape: Rule = ({ inputs: [input], output }) =>
  sameShape(input!.shape, output.shape) ? input : undefined;

const joinReshapes: Rule = ({ inputs: [input], output }) => {
  const inner = isA(input!, 'reshape');
  return inner && joined(reshape(inner.inputs[0]!, output.shape));
};

const joined = (tensor: Tensor): Tensor => {
  const application = applicationOf(tensor);
  return (application && dropSameShape(application)) ?? tensor;
};

const permutationOf = (application: Application) =>
  (application.attributes as { permutation: readonly number[] }).permutation;

const joinTransposes: Rule = (application) => {
  const outer = permutationOf(application);
  const inner = isA(application.inputs[0]!, 'transpose');
  const order = inner ? outer.map((axis) => permutationOf(inner)[axis]!) : outer;
  const source = (inner ?? application).inputs[0]!;
  if (order.every((axis, i) => axis === i)) return source;
  return inner && transpose(source, order);
};

/** ONNX's elementwise operators broadcast by themselves. */
const dropBroadcasts: Rule = (application) => {
  const inputs = application.inputs.map((input) => isA(input, 'broadcastTo')?.inputs[0] ?? input);
  if (inputs.every((input, i) => input === application.inputs[i])) return undefined;
  const shape = broadcastShapes(application.primitive.name, ...inputs.map((input) => input.shape));
  return sameShape(shape, application.output.shape)
    ? apply(application.primitive, inputs, application.attributes)
    : undefined;
};

/** The number that every element of a tensor is known to be. */
function repeatedNumber(tensor: Tensor): number | undefined {
  const inner = isA(tensor, 'broadcastTo') ?? isA(tensor, 'reshape');
  return inner ? repeatedNumber(inner.inputs[0]!) : literalValue(tensor);
}

const keepsShape = (input: Tensor, shape: Shape): Tensor | undefined =>
  sameShape(input.shape, shape) ? input : undefined;

/** x ∘ number = x: adding 0, multiplying by 1, dividing by 1, subtracting 0. */
const dropNeutral =
  (neutral: number, sides: readonly (0 | 1)[]): Rule =>
  ({ inputs, output }) => {
    for (const side of sides) {
      if (repeatedNumber(inputs[side]!) === neutral) return keepsShape(inputs[1 - side]!, output.shape);
    }
    return undefined;
  };

const doubleNegation: Rule = ({ inputs: [input] }) => isA(input!, 'neg')?.inputs[0];

const rules: Readonly<Record<string, readonly Rule[]>> = {
  identity: [passThrough],
  stopGradient: [passThrough],
  customGradient: [passThrough],
  straightThrough: [passThrough],
  reshape: [dropSameShape, joinReshapes],
  broadcastTo: [dropSameShape],
  transpose: [joinTransposes],
  neg: [doubleNegation],
  add: [dropNeutral(0, [0, 1]), dropBroadcasts],
  sub: [dropNeutral(0, [1]), dropBroadcasts],
  mul: [dropNeutral(1, [0, 1]), dropBroadcasts],
  div: [dropNeutral(1, [1]), dropBroadcasts],
  ...Object.fromEntries(
    [
      'pow',
      'maximum',
      'minimum',
      'equal',
      'less',
      'lessEqual',
      'greater',
      'greaterEqual',
      'where',
      'clip',
      'atan2',
      'logAddExp',
      'remainder',
      'floorDivide',
    ].map((name) => [name, [dropBroadcasts]]),
  ),
};

/**
 * The same computation with fewer nodes: nodes that do nothing disappear, neighbours that amount to one are joined, and
 * equal nodes are one. What the outputs do not need is not visited at all.
 * @returns the new outputs, in order
 */
export function simplify(outputs: readonly Tensor[]): Tensor[] {
  const replacements = new Map<Tensor, Tensor>();
  const replaced = (tensor: Tensor) => replacements.get(tensor) ?? tensor;
  const numbers = new Map<Tensor, number>();
  const known = new Map<string, Tensor>();

  const numberOf = (tensor: Tensor): number => {
    const number = numbers.get(tensor) ?? numbers.size;
    numbers.set(tensor, number);
    return number;
  };
  const unified = (tensor: Tensor): Tensor => {
    const application = applicationOf(tensor);
    if (!application) return tensor;
    const inputs = application.inputs.map(numberOf).join(',');
    const key = `${application.primitive.name}(${inputs})${JSON.stringify(application.attributes)}`;
    const first = known.get(key) ?? tensor;
    known.set(key, first);
    return first;
  };
  const rewritten = (application: Application): Tensor => {
    for (const rule of rules[application.primitive.name] ?? []) {
      const result = rule(application);
      if (result) return result;
    }
    return application.output;
  };

  for (const application of applicationsOf(outputs)) {
    const inputs = application.inputs.map(replaced);
    const changed = inputs.some((input, i) => input !== application.inputs[i]);
    const current = changed
      ? apply(application.primitive, inputs, application.attributes)
      : application.output;
    replacements.set(application.output, unified(rewritten(applicationOf(current)!)));
  }
  return outputs.map(replaced);
}
