import { DTypeError, ShapeError } from '../graph/errors.js';
import { formatShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape, sum } from './broadcast.js';
import { diagonal } from './diagonal.js';
import { mul } from './elementwise.js';
import { matMul } from './matMul.js';
import { transpose } from './movement.js';

/** A name for each axis. */
type Labels = readonly string[];

interface Labelled {
  readonly tensor: Tensor;
  readonly labels: Labels;
}

/** A specification against the operands' ranks: axes under an ellipsis are called 0…, 1…, … from the last. */
interface Parsed {
  readonly operands: readonly Labels[];
  readonly output: Labels;
}

const letter = /^[A-Za-z]$/;
const hidden = (count: number): string[] => Array.from({ length: count }, (_, i) => `${count - 1 - i}…`);

/** Letters of one term, with `…` for the ellipsis. */
function symbolsOf(fail: (problem: string) => Error, term: string): string[] {
  const symbols = [...term.replaceAll(' ', '').replace('...', '…')];
  const wrong = symbols.find(
    (symbol, i) => !letter.test(symbol) && !(symbol === '…' && symbols.indexOf('…') === i),
  );
  if (wrong !== undefined)
    throw fail(`expected letters and at most one ... in each term, got "${term.trim()}"`);
  return symbols;
}

function parse(spec: string, operands: readonly Tensor[]): Parsed {
  const fail = (problem: string) => new ShapeError(`einsum: '${spec}': ${problem}`);
  const [inputs, output, ...more] = spec.split('->');
  if (more.length > 0) throw fail('expected one -> at most');
  const terms = inputs!.split(',').map((term) => symbolsOf(fail, term));
  if (terms.length !== operands.length) {
    throw fail(`${terms.length} terms for ${operands.length} operands`);
  }
  const named = terms.map((symbols, i) => {
    const { rank, shape } = operands[i]!;
    const extra = rank - symbols.filter((symbol) => symbol !== '…').length;
    if (extra < 0 || (extra > 0 && !symbols.includes('…'))) {
      throw fail(`term ${i} names ${rank - extra} axes, operand ${i} is ${formatShape(shape)}`);
    }
    return symbols.flatMap((symbol) => (symbol === '…' ? hidden(extra) : [symbol]));
  });
  const covered = hidden(
    Math.max(...named.map((labels) => labels.filter((label) => !letter.test(label)).length)),
  );
  const counts = new Map<string, number>();
  for (const label of named.flat()) counts.set(label, (counts.get(label) ?? 0) + 1);
  if (output === undefined) {
    const once = [...counts]
      .filter(([label, count]) => count === 1 && letter.test(label))
      .map(([label]) => label);
    return { operands: named, output: [...covered, ...once.sort()] };
  }
  const result = symbolsOf(fail, output).flatMap((symbol) => (symbol === '…' ? covered : [symbol]));
  if (covered.some((label) => !result.includes(label)))
    throw fail('the result lacks the ... of the operands');
  const repeated = result.find((label, i) => result.indexOf(label) !== i);
  if (repeated) throw fail(`the result names ${repeated} twice`);
  const unknown = result.find((label) => !counts.has(label));
  if (unknown) throw fail(`the result names ${unknown}, which no operand has`);
  return { operands: named, output: result };
}

/** The length of each label. @throws ShapeError where operands disagree; 1 goes with any length */
function lengthsOf(spec: string, operands: readonly Labelled[]): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const { tensor, labels } of operands) {
    labels.forEach((label, axis) => {
      const [before, length] = [lengths.get(label) ?? 1, tensor.shape[axis]!];
      if (before !== 1 && length !== 1 && before !== length) {
        const shapes = operands.map((each) => formatShape(each.tensor.shape)).join(', ');
        throw new ShapeError(`einsum: '${spec}': ${label} is both ${before} and ${length}: ${shapes}`);
      }
      lengths.set(label, before === 1 ? length : before);
    });
  }
  return lengths;
}

const isIn = (labels: Labels) => (label: string) => labels.includes(label);
const isNotIn = (labels: Labels) => (label: string) => !labels.includes(label);

/** Brings axes into another order. */
const ordered = ({ tensor, labels }: Labelled, order: Labels): Tensor =>
  order.every((label, axis) => label === labels[axis])
    ? tensor
    : transpose(
        tensor,
        order.map((label) => labels.indexOf(label)),
      );

/** Without axes of length 1 whose label is longer elsewhere: products repeat along them by themselves. */
function withoutRepeated({ tensor, labels }: Labelled, lengths: ReadonlyMap<string, number>): Labelled {
  const kept = labels.map((label, axis) => tensor.shape[axis] === lengths.get(label));
  return {
    tensor: reshape(
      tensor,
      tensor.shape.filter((_, axis) => kept[axis]),
    ),
    labels: labels.filter((_, axis) => kept[axis]),
  };
}

/** Each label once: repeated ones stand for the diagonal. */
function withDiagonals(operand: Labelled): Labelled {
  const { labels } = operand;
  const repeated = labels.find((label, axis) => labels.indexOf(label) !== axis);
  if (repeated === undefined) return operand;
  const second = labels.lastIndexOf(repeated);
  const others = labels
    .map((_, axis) => axis)
    .filter((axis) => axis !== labels.indexOf(repeated) && axis !== second);
  const turned = transpose(operand.tensor, [...others, labels.indexOf(repeated), second]);
  return withDiagonals({
    tensor: diagonal(turned),
    labels: [...others.map((axis) => labels[axis]!), repeated],
  });
}

/** Adds up over the labels that nothing else needs. */
function summed({ tensor, labels }: Labelled, needed: Labels): Labelled {
  const axis = labels.flatMap((label, each) => (needed.includes(label) ? [] : [each]));
  return axis.length === 0
    ? { tensor, labels }
    : { tensor: sum(tensor, { axis }), labels: labels.filter(isIn(needed)) };
}

/** Product of two operands, summed over the labels that both have and nothing else needs, by one matrix product. */
function contracted(
  a: Labelled,
  b: Labelled,
  needed: Labels,
  lengths: ReadonlyMap<string, number>,
): Labelled {
  const larger = a.tensor.size >= b.tensor.size ? a : b;
  const shared = larger.labels.filter((label) => a.labels.includes(label) && b.labels.includes(label));
  const [batch, inner] = [shared.filter(isIn(needed)), shared.filter(isNotIn(needed))];
  const [left, right] = [a.labels.filter(isNotIn(shared)), b.labels.filter(isNotIn(shared))];
  const labels = [...batch, ...left, ...right];
  const shapeOf = (names: Labels) => names.map((label) => lengths.get(label)!);
  if (inner.length === 0) {
    const rows = reshape(ordered(a, [...batch, ...left]), [
      ...shapeOf([...batch, ...left]),
      ...right.map(() => 1),
    ]);
    const columns = reshape(ordered(b, [...batch, ...right]), [
      ...shapeOf(batch),
      ...left.map(() => 1),
      ...shapeOf(right),
    ]);
    return { tensor: mul(rows, columns), labels };
  }
  const count = (names: Labels) => shapeOf(names).reduce((product, length) => product * length, 1);
  const leading = batch.length === 0 ? [] : [count(batch)];
  const matrices = (operand: Labelled, own: Labels, innerFirst: boolean) => {
    const groups = innerFirst ? [inner, own] : [own, inner];
    return reshape(ordered(operand, [batch, ...groups].flat()), [...leading, ...groups.map(count)]);
  };
  const stands = (operand: Labelled, order: Labels) =>
    order.every((label, axis) => label === operand.labels[axis]);
  // An operand whose axes stand the other way round is multiplied transposed instead of moved.
  const transposeA = stands(a, [...batch, ...inner, ...left]);
  const transposeB = stands(b, [...batch, ...right, ...inner]);
  const product = matMul(matrices(a, left, transposeA), matrices(b, right, !transposeB), {
    transposeA,
    transposeB,
  });
  return { tensor: reshape(product, shapeOf(labels)), labels };
}

/** The pair whose product takes the fewest multiplications. */
function cheapestPair(operands: readonly Labelled[], lengths: ReadonlyMap<string, number>): [number, number] {
  let [best, pair]: [number, [number, number]] = [Infinity, [0, 1]];
  for (let i = 0; i < operands.length; i++) {
    for (let j = i + 1; j < operands.length; j++) {
      const labels = new Set([...operands[i]!.labels, ...operands[j]!.labels]);
      const cost = [...labels].reduce((product, label) => product * lengths.get(label)!, 1);
      if (cost < best) [best, pair] = [cost, [i, j]];
    }
  }
  return pair;
}

/**
 * Sums of products over named axes: `einsum('bij,bjk->bik', a, b)` multiplies batches of matrices. Each operand's axes
 * get a letter each; letters that the result does not name are summed over, a letter that stands twice in one operand
 * takes its diagonal, and `...` stands for any further axes, which broadcast. Without `->` the result has the axes of
 * `...` and then the letters that stand once, in alphabetical order. Axes of length 1 go with any length.
 * Operands are multiplied two at a time, cheapest first, each time by one matrix product or elementwise.
 * @throws ShapeError for specifications that make no sense or do not fit; DTypeError unless all operands are the same
 *   floating-point dtype
 */
export function einsum(spec: string, ...operands: readonly Tensor[]): Tensor {
  const { operands: labels, output } = parse(spec, operands);
  for (const operand of operands) {
    requireFloat('einsum', operand);
    if (operand.dtype !== operands[0]!.dtype) {
      const dtypes = operands.map(({ dtype }) => dtype).join(' and ');
      throw new DTypeError(`einsum: dtypes differ: ${dtypes}; convert one with cast()`);
    }
  }
  const given = operands.map((tensor, i) => ({ tensor, labels: labels[i]! }));
  const lengths = lengthsOf(spec, given);
  let factors = given.map((operand) => withDiagonals(withoutRepeated(operand, lengths)));
  const neededBesides = (...used: readonly Labelled[]): Labels => [
    ...output,
    ...factors.filter((factor) => !used.includes(factor)).flatMap((factor) => factor.labels),
  ];
  factors = factors.map((factor) => summed(factor, neededBesides(factor)));
  while (factors.length > 1) {
    const [i, j] = cheapestPair(factors, lengths);
    const [a, b] = [factors[i]!, factors[j]!];
    const product = contracted(a, b, neededBesides(a, b), lengths);
    factors = [...factors.filter((factor) => factor !== a && factor !== b), product];
  }
  return ordered(factors[0]!, output);
}
