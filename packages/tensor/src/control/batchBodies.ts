import { Body, close, placeholder } from '../graph/body.js';
import { type Application, applyAll, type Primitive, serialNow } from '../graph/primitive.js';
import type { Tensor, TensorType } from '../graph/tensor.js';
import { sum } from '../ops/broadcast.js';
import { mul, where } from '../ops/elementwise.js';
import { swapAxes } from '../ops/movement.js';
import { any } from '../ops/reduce.js';
import { aligned, type Batched, type BatchRule, batch, repeated } from './batch.js';
import { batchRules } from './batchRules.js';
import { addCond } from './cond.js';
import { addScan, cut, type ScanAttributes, scan } from './scan.js';
import { addWhile } from './whileLoop.js';

// Rules for operations with functions inside them.

const ruleOf = ({ primitive: { name } }: Application): BatchRule =>
  bodyRules.get(name) ?? batchRules.get(name) ?? oneByOne;

/** A body's outputs for `size` examples at once. */
export const batchBody = (body: Body, given: readonly Batched[], size: number): Batched[] =>
  batch(body, given, size, ruleOf);

/** A loop over the examples. */
const oneByOne: BatchRule = ({ primitive, attributes }, inputs) => {
  const [, results] = scan(
    (_: undefined, rows: readonly Tensor[]) => {
      let next = 0;
      const own = inputs.map(({ tensor, each }) => (each ? rows[next++]! : tensor));
      return [undefined, applyAll(primitive, own, attributes)];
    },
    undefined,
    inputs.flatMap(({ tensor, each }) => (each ? [tensor] : [])),
  );
  return results;
};

const batchedType = ({ shape, dtype }: TensorType, size: number): TensorType => ({
  shape: [size, ...shape],
  dtype,
});

/** Symbols for tensors, those of them with the axis of examples that are said to have it. */
const symbolsFor = (tensors: readonly Tensor[], each: readonly boolean[], size: number): Batched[] =>
  tensors.map((tensor, i) => ({
    tensor: placeholder(each[i] ? batchedType(tensor, size) : tensor, `${i}`),
    each: each[i]!,
  }));

/**
 * A loop's step for many examples. A carry gets the axis of examples if it begins with it, or if a step gives it to it.
 * @param run the step's outputs, of which the first are the next carries
 */
function settled(
  carries: readonly Tensor[],
  initial: readonly Batched[],
  size: number,
  run: (carry: readonly Batched[]) => Batched[],
): { carry: Batched[]; outputs: Batched[] } {
  let each = initial.map((one) => one.each);
  for (;;) {
    const carry = symbolsFor(carries, each, size);
    const outputs = run(carry);
    const next = each.map((one, i) => one || outputs[i]!.each);
    if (next.every((one, i) => one === each[i])) return { carry, outputs };
    each = next;
  }
}

const tensorsOf = (list: readonly Batched[]): Tensor[] => list.map(({ tensor }) => tensor);

/** Those with the axis of examples where `like` has it. */
const matching = (list: readonly Batched[], like: readonly Batched[], size: number): Tensor[] =>
  list.map((one, i) => (like[i]!.each ? repeated(one, size) : one.tensor));

const scanRule: BatchRule = (application, inputs, size) => {
  const attributes = application.attributes as ScanAttributes;
  const { body, carries, length, reverse } = attributes;
  const [initial, xs, captured] = cut(inputs, attributes);
  const [carryIn, rows] = cut(body.inputs, attributes);
  const x = symbolsFor(
    rows,
    xs.map(({ each }) => each),
    size,
  );
  const { carry, outputs } = settled(carryIn, initial, size, (state) =>
    batchBody(body, [...state, ...x, ...captured], size),
  );
  const ys = outputs.slice(carries, outputs.length - carries);
  const results = addScan(
    {
      carryIn: tensorsOf(carry),
      carryOut: matching(outputs.slice(0, carries), carry, size),
      xIn: tensorsOf(x),
      yOut: tensorsOf(ys),
    },
    matching(initial, carry, size),
    xs.map(({ tensor, each }) => (each ? swapAxes(tensor, 0, 1) : tensor)),
    { length, reverse },
  );
  const each = [...carry, ...ys, ...carry].map((one) => one.each);
  return results.map((tensor, i) => {
    const stacked = i >= carries && each[i];
    return repeated({ tensor: stacked ? swapAxes(tensor, 0, 1) : tensor, each: each[i]! }, size);
  });
};

const condRule: BatchRule = ({ attributes }, [predicate, ...captured], size) => {
  const { thenBody, elseBody } = attributes as { thenBody: Body; elseBody: Body };
  const own = new Set([thenBody, elseBody].flatMap(({ applications }) => applications));
  const mark = serialNow();
  const [first, second] = [thenBody, elseBody].map((body) =>
    batchBody(body, captured, size).map((each) => repeated(each, size)),
  ) as [Tensor[], Tensor[]];
  if (!predicate!.each) {
    return addCond(
      predicate!.tensor,
      first,
      second,
      (application) => application.serial > mark || own.has(application),
    );
  }
  return first.map((tensor, i) => where(aligned(predicate!, tensor.rank - 1), tensor, second[i]!));
};

const whileRule: BatchRule = ({ attributes }, inputs, size) => {
  const { condition, body, carries, maximum } = attributes as {
    condition: Body;
    body: Body;
    carries: number;
    maximum: number | null;
  };
  const [initial, captured] = [inputs.slice(0, carries), inputs.slice(carries)];
  const asked = (state: readonly Batched[]) => batchBody(condition, [...state, ...captured], size)[0]!;
  // Examples that are done keep their carry while others go on.
  const { carry, outputs } = settled(body.inputs.slice(0, carries), initial, size, (state) => {
    const goesOn = asked(state);
    return batchBody(body, [...state, ...captured], size).map((next, i) => {
      if (!goesOn.each) return next;
      const [after, before] = [next, state[i]!].map((one) => repeated(one, size)) as [Tensor, Tensor];
      return { tensor: where(aligned(goesOn, after.rank - 1), after, before), each: true };
    });
  });
  const goesOn = asked(carry);
  const results = addWhile(
    tensorsOf(carry),
    goesOn.each ? any(goesOn.tensor) : goesOn.tensor,
    matching(outputs, carry, size),
    matching(initial, carry, size),
    maximum,
  );
  return results.map((tensor, i) => repeated({ tensor, each: carry[i]!.each }, size));
};

const checkpointRule: BatchRule = ({ primitive, attributes }, inputs, size) => {
  const { body } = attributes as { body: Body };
  const given = inputs.slice(body.outputs.length);
  const own = symbolsFor(
    body.inputs,
    given.map(({ each }) => each),
    size,
  );
  const outputs = batchBody(body, own, size).map((each) => repeated(each, size));
  const results = inputs.slice(0, body.outputs.length).map((each) => repeated(each, size));
  return applyAll(primitive, [...results, ...tensorsOf(given)], { body: new Body(tensorsOf(own), outputs) });
};

/** The derivative is batched too, when it is asked for; inputs that all examples share get the sum of theirs. */
const customGradientRule: BatchRule = (application, inputs, size) => {
  const single = application.primitive as Primitive;
  const primitive: Primitive = {
    ...single,
    infer: ([value]) => ({ shape: value!.shape, dtype: value!.dtype }),
    vjp(cotangent, { inputs: given, output }) {
      const [forOutput, value, ...own] = [application.output, application.output, ...application.inputs].map(
        (tensor, i) => placeholder(tensor, `${i}`),
      );
      const results = single.vjp!(forOutput!, {
        ...application,
        inputs: own,
        output: value!,
        outputs: [value!],
      });
      const body = close(
        [forOutput!, value!, ...own],
        results.filter((each) => each !== undefined),
      );
      const captured = body.inputs.slice(own.length + 2).map((tensor) => ({ tensor, each: false }));
      const ours = given.map((tensor, i) => ({ tensor, each: i === 0 || inputs[i]!.each }));
      const ends = [cotangent, output].map((tensor) => ({ tensor, each: true }));
      const found = batchBody(body, [...ends, ...ours, ...captured], size);
      let next = 0;
      return results.map((result, i) => {
        if (result === undefined) return undefined;
        const one = found[next++]!;
        if (ours[i]!.each) return repeated(one, size);
        return one.each ? sum(one.tensor, { axis: 0 }) : mul(one.tensor, size);
      });
    },
  };
  const [value, ...rest] = inputs;
  return applyAll(primitive, [repeated(value!, size), ...tensorsOf(rest)], {});
};

const bodyRules: ReadonlyMap<string, BatchRule> = new Map([
  ['scan', scanRule],
  ['cond', condRule],
  ['whileLoop', whileRule],
  ['checkpoint', checkpointRule],
  ['customGradient', customGradientRule],
]);
