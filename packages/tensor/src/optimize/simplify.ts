import { Body, placeholder, replay } from '../graph/body.js';
import { type Application, applicationOf, applicationsOf, applyAll } from '../graph/primitive.js';
import { broadcastShapes, type Shape, sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { reshape } from '../ops/broadcast.js';
import { literalValue } from '../ops/create.js';
import { transpose } from '../ops/movement.js';
import { joinPads } from './joinPads.js';

/** Rewrites one node whose inputs are simplified already; undefined when the rule has nothing to say. */
type Rule = (application: Application) => Tensor | undefined;

const isA = (tensor: Tensor, name: string): Application | undefined => {
  const application = applicationOf(tensor);
  return application?.primitive.name === name ? application : undefined;
};

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
    ? applyAll(application.primitive, inputs, application.attributes)[0]
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
  reshape: [dropSameShape, joinReshapes],
  broadcastTo: [dropSameShape],
  transpose: [joinTransposes],
  neg: [doubleNegation],
  add: [dropNeutral(0, [0, 1]), dropBroadcasts, joinPads],
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

/** Operations that only steer derivatives: their outputs are their first inputs. */
const transparent: ReadonlySet<string> = new Set([
  'identity',
  'stopGradient',
  'customGradient',
  'checkpoint',
]);

/**
 * The same computation with fewer nodes: nodes that do nothing disappear, neighbours that amount to one are joined, and
 * equal nodes are one; also inside loops and branches, which compute only what is used. What the outputs do not need is
 * not visited at all.
 * @param given what replaces tensors that are not computed here
 * @returns the new outputs, in order
 */
export function simplify(
  outputs: readonly Tensor[],
  given: ReadonlyMap<Tensor, Tensor> = new Map(),
): Tensor[] {
  const replacements = new Map(given);
  const replaced = (tensor: Tensor) => replacements.get(tensor) ?? tensor;
  const numbers = new Map<Tensor, number>();
  const known = new Map<string, readonly Tensor[]>();

  const numberOf = (tensor: Tensor): number => {
    const number = numbers.get(tensor) ?? numbers.size;
    numbers.set(tensor, number);
    return number;
  };
  const unified = (application: Application): readonly Tensor[] => {
    const inputs = application.inputs.map(numberOf).join(',');
    const key = `${application.primitive.name}(${inputs})${JSON.stringify(application.attributes)}`;
    const first = known.get(key) ?? application.outputs;
    known.set(key, first);
    return first;
  };
  const rewritten = (application: Application): readonly Tensor[] => {
    if (transparent.has(application.primitive.name)) return application.inputs;
    for (const rule of rules[application.primitive.name] ?? []) {
      const result = rule(application);
      if (!result) continue;
      // An output among several was there before, and is known.
      const node = applicationOf(result);
      return node?.outputs.length === 1 ? unified(node) : [result];
    }
    return unified(application);
  };

  for (const { application, used, inputs, attributes } of necessary(outputs, new Set(given.keys()))) {
    const simpler = inputs.map(replaced);
    const unchanged =
      attributes === application.attributes && simpler.every((input, i) => input === application.inputs[i]);
    const [first] = unchanged ? application.outputs : applyAll(application.primitive, simpler, attributes);
    const results = rewritten(applicationOf(first!)!);
    used.forEach((output, i) => {
      replacements.set(output, results[i]!);
    });
  }
  return outputs.map(replaced);
}

/** A node, cut down to what is used of it. */
interface Necessary extends Pick<Application, 'inputs' | 'attributes'> {
  readonly application: Application;
  /** Those of its outputs that it still has. */
  readonly used: readonly Tensor[];
}

/** The nodes that the outputs need, in order of computation. */
function necessary(outputs: readonly Tensor[], ends: ReadonlySet<Tensor>): Necessary[] {
  const used = new Set(outputs);
  const nodes: Necessary[] = [];
  for (const application of applicationsOf(outputs, ends).reverse()) {
    const { primitive } = application;
    const wanted = application.outputs.map((output) => used.has(output));
    if (!wanted.includes(true)) continue;
    const simpler = transparent.has(primitive.name)
      ? application
      : { ...application, attributes: withSimpleBodies(application.attributes) };
    const narrower = 'narrow' in primitive ? primitive.narrow?.(simpler, wanted) : undefined;
    const { inputs, attributes } = narrower ?? simpler;
    const kept = narrower ? application.outputs.filter((_, i) => narrower.outputs[i]) : application.outputs;
    nodes.push({ application, used: kept, inputs, attributes });
    for (const input of inputs) used.add(input);
  }
  return nodes.reverse();
}

function withSimpleBodies<Attributes extends object>(attributes: Attributes): Attributes {
  const entries = Object.entries(attributes);
  if (!entries.some(([, value]) => value instanceof Body)) return attributes;
  return Object.fromEntries(
    entries.map(([key, value]) => [key, value instanceof Body ? simplifyBody(value) : value]),
  ) as Attributes;
}

/** With inputs of its own, so that no rule looks past them. */
function simplifyBody(body: Body): Body {
  const { inputs } = body;
  const own = inputs.map((input, i) => placeholder(input, `${i}`));
  const given = new Map(inputs.map((input, i) => [input, own[i]!]));
  return new Body(own, simplify(replay(body, inputs), given));
}
