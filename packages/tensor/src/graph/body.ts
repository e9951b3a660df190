import { type Application, applicationOf, applicationsOf, applyAll } from './primitive.js';
import { Tensor, type TensorType } from './tensor.js';

/**
 * A part of a graph that one node runs as a whole: the step of a loop, a branch. Its inputs stand for what the node gives
 * it; behind them lies nothing that belongs to it. The nodes are collected now, since tensors that are computed later
 * forget how they came about.
 */
export class Body {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly applications: readonly Application[];
  #structure: string | undefined;

  constructor(inputs: readonly Tensor[], outputs: readonly Tensor[]) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.applications = applicationsOf(outputs, new Set(inputs));
  }

  /** Stands for the body where attributes identify a node: equal computations give equal texts. */
  toJSON(): string {
    this.#structure ??= structureOf(this).replaceAll('"', "'");
    return this.#structure;
  }
}

/** Identifies a computation by its structure alone, whatever its inputs are. */
export function structureOf({ inputs, outputs, applications }: Body): string {
  const numbers = new Map<Tensor, number>();
  const number = (tensor: Tensor) => {
    if (!numbers.has(tensor)) numbers.set(tensor, numbers.size);
  };
  inputs.forEach(number);
  const lines = inputs.map((tensor) => `${tensor.dtype}[${tensor.shape}]`);
  for (const { primitive, inputs: operands, attributes, outputs: results } of applications) {
    lines.push(
      `${primitive.name}(${operands.map((each) => numbers.get(each))})${JSON.stringify(attributes)}`,
    );
    results.forEach(number);
  }
  return `${lines.join(';')}→${outputs.map((each) => numbers.get(each))}`;
}

/** The bodies among a node's attributes. */
export const bodiesOf = ({ attributes }: Application): Body[] =>
  Object.values(attributes).filter((each) => each instanceof Body);

/** These nodes and all those of the bodies inside them. */
export const withBodies = (applications: readonly Application[]): Application[] =>
  applications.flatMap((each) => [each, ...bodiesOf(each).flatMap((body) => withBodies(body.applications))]);

/**
 * The part of the graph between `inputs` and `outputs` as a body. What it uses from outside becomes inputs too, after
 * the given ones.
 * @param isInside whether a node whose inputs come from outside belongs to the body all the same
 */
export function close(
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  isInside: (application: Application) => boolean = () => false,
): Body {
  const given = new Set(inputs);
  const inside = new Set<Tensor>(inputs);
  const constants = new Set<Tensor>();
  const captured = new Set<Tensor>();
  const applications = applicationsOf(outputs, given);
  for (const application of applications) {
    // What is computed from nothing is the same everywhere, and better simplified where it is used. Identities are left
    // out: derivatives are taken with respect to them, whatever their elements are.
    if (
      application.primitive.name !== 'identity' &&
      application.inputs.every((input) => constants.has(input))
    )
      for (const output of application.outputs) constants.add(output);
    if (isInside(application) || application.inputs.some((input) => inside.has(input)))
      for (const output of application.outputs) inside.add(output);
  }
  const capture = (tensor: Tensor) => {
    if (!inside.has(tensor) && !constants.has(tensor)) captured.add(tensor);
  };
  for (const application of applications)
    if (application.outputs.some((output) => inside.has(output))) application.inputs.forEach(capture);
  outputs.forEach(capture);
  return new Body([...inputs, ...captured], outputs);
}

/** Which of a body's inputs some of its outputs depend on. */
export function inputsBehind({ inputs, outputs }: Body, wanted: readonly boolean[]): boolean[] {
  const ends = outputs.filter((_, i) => wanted[i]);
  const reached = new Set([
    ...ends,
    ...applicationsOf(ends, new Set(inputs)).flatMap((application) => application.inputs),
  ]);
  return inputs.map((input) => reached.has(input));
}

/** Whether a node's outputs still say that it computes them: what is computed elsewhere meanwhile forgets how. */
const isRemembered = (application: Application): boolean =>
  application.outputs.every((output) => applicationOf(output) === application);

/** A body's outputs, computed anew from other inputs, and from constants that have been computed since it was made. */
export function replay({ inputs, outputs, applications }: Body, given: readonly Tensor[]): Tensor[] {
  const values = new Map(inputs.map((input, i) => [input, given[i]!]));
  const current = (tensor: Tensor) => values.get(tensor) ?? tensor;
  for (const application of applications) {
    const operands = application.inputs.map(current);
    const unchanged = operands.every((operand, i) => operand === application.inputs[i]);
    if (unchanged && isRemembered(application)) continue;
    const results = applyAll(application.primitive, operands, application.attributes);
    application.outputs.forEach((output, i) => {
      values.set(output, results[i]!);
    });
  }
  return outputs.map(current);
}

/** The same body with other tensors for its inputs. */
export const rebind = (body: Body, inputs: readonly Tensor[]): Body =>
  inputs.every((input, i) => input === body.inputs[i]) ? body : new Body(inputs, replay(body, inputs));

/** A tensor that stands for a value inside a body. */
export const placeholder = (type: TensorType, name: string): Tensor =>
  new Tensor(type, { kind: 'input', name });
