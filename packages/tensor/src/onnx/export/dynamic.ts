import type { TypedArray } from '../../graph/dtype.js';
import { ExportError } from '../../graph/errors.js';
import type { OnnxGraph } from '../../graph/onnx.js';
import type { OnnxConstant, OnnxModel, OnnxNode, OnnxValue } from '../model.js';
import { type Formula, formatFormula, formulaOf, isConstant, trialLengths } from './formula.js';
import { withGraphs, withUsedConstants } from './graphs.js';
import { LengthWriter } from './lengths.js';
import { isEnd, operationOf } from './names.js';
import type { DynamicAxis } from './trace.js';

// Shapes are known when a function is traced. A file for all lengths comes from tracing with several: where the programs
// differ in a number only, and a formula gives that number for all of them, the file computes it from its inputs.

/** One model for all lengths of the axes, from those that were traced with the lengths of `trialLengths`. */
export function mergeTrials(models: readonly OnnxModel[], axes: readonly DynamicAxis[]): OnnxModel {
  const first = models[0]!;
  if (axes.length === 0) return first;
  const names = axes.map(({ name }) => name);
  const constants = models.map((model) => new Map(model.constants.map((each) => [each.name, each])));
  const lengths = new LengthWriter(axes);
  const added: OnnxConstant[] = [];

  const mergedInput = (tried: readonly OnnxNode[], position: number): string => {
    const node = tried[0]!;
    const inputs = tried.map((each) => each.inputs[position]!);
    const found = inputs.flatMap((name, trial) => constants[trial]!.get(name) ?? []);
    if (found.length !== inputs.length) {
      if (inputs.some((name) => name !== inputs[0])) throw differs(node, names);
      return inputs[0]!;
    }
    const formulas = formulasOf(found, axes, node);
    if (formulas.every(isConstant)) return inputs[0]!;
    const inferred = node.type === 'Reshape' && inferredLength(formulas);
    if (!inferred) return lengths.write(formulas, found[0]!);
    const name = `${inferredShape}${added.length}`;
    added.push({
      name,
      dtype: 'int64',
      shape: [inferred.length],
      data: BigInt64Array.from(inferred, BigInt),
    });
    return name;
  };
  const mergedNode = (tried: readonly OnnxNode[]): OnnxNode => {
    const [node] = tried as [OnnxNode];
    const inputs = node.inputs.map((_, position) => mergedInput(tried, position));
    if (inputs.some((name) => name.startsWith(inferredShape))) return { ...node, inputs, attributes: {} };
    return withGraphs({ ...node, inputs }, (_, attribute) => {
      const graphs = tried.map((each) => (each.attributes[attribute] as { graph: OnnxGraph }).graph);
      return {
        nodes: mergedNodes(graphs.map((graph) => graph.nodes)),
        inputs: mergedValues(
          graphs.map((graph) => graph.inputs),
          axes,
        ),
        outputs: mergedValues(
          graphs.map((graph) => graph.outputs),
          axes,
        ),
      };
    });
  };
  const mergedNodes = (tried: readonly (readonly OnnxNode[])[]): OnnxNode[] => {
    requireSame(tried, names);
    return tried[0]!.map((_, at) => mergedNode(tried.map((nodes) => nodes[at]!)));
  };

  const nodes = mergedNodes(models.map((model) => model.nodes));
  return withUsedConstants({
    ...first,
    nodes: [...lengths.nodes, ...nodes],
    constants: [...first.constants, ...added, ...lengths.constants],
    inputs: mergedValues(
      models.map((model) => model.inputs),
      axes,
    ),
    outputs: mergedValues(
      models.map((model) => model.outputs),
      axes,
    ),
  });
}

/** What the names of shapes with a length for Reshape to work out begin with. */
const inferredShape = ':constant.inferred.';

const differs = (node: OnnxNode, names: readonly string[]): ExportError =>
  new ExportError(
    `exportOnnx: "${operationOf(node)}" is computed in another way for other lengths of ${names.join(' or ')}; give the axes numbers, or write the function so that it does the same for all lengths`,
  );

/** @throws ExportError where nodes have other operators or attributes */
function requireSame(tried: readonly (readonly OnnxNode[])[], names: readonly string[]): void {
  const [first, ...others] = tried as [readonly OnnxNode[], ...OnnxNode[][]];
  const form = ({ type, domain, attributes, inputs, outputs }: OnnxNode) => {
    const plain = Object.entries(attributes).map(([name, each]) => ('graph' in each ? name : [name, each]));
    return JSON.stringify([type, domain, plain, inputs.length, outputs]);
  };
  for (const other of others) {
    const count = Math.max(first.length, other.length);
    for (let at = 0; at < count; at++) {
      const [one, two] = [first[at], other[at]];
      if (one && two && form(one) === form(two)) continue;
      // The Identity in front of an output says less than an operation.
      const told = [one, two].filter((node) => node !== undefined);
      throw differs(told.find((node) => !isEnd(node)) ?? told[0]!, names);
    }
  }
}

/** The formula behind each element of a constant. @throws ExportError for elements without one */
function formulasOf(tried: readonly OnnxConstant[], axes: readonly DynamicAxis[], node: OnnxNode): Formula[] {
  const names = axes.map(({ name }) => name);
  const trials = axes.map(({ trial }) => trial);
  const [first, ...others] = tried as [OnnxConstant, ...OnnxConstant[]];
  const alike = others.every(
    ({ dtype, shape }) => dtype === first.dtype && String(shape) === String(first.shape),
  );
  if (!alike) throw differs(node, names);
  if (others.every(({ data }) => data === first.data)) return [];
  const count = first.shape.reduce((product, length) => product * length, 1);
  const formulas: Formula[] = [];
  let varies = false;
  for (let index = 0; index < count; index++) {
    const values = tried.map((constant) => Number((constant.data as TypedArray)[index]));
    if (values.every((value) => Object.is(value, values[0]))) {
      formulas.push([values[0]!]);
      continue;
    }
    varies = true;
    const formula = formulaOf(values, trials);
    if (!formula) {
      const shown = trialLengths(trials)
        .map((lengths, trial) => `${values[trial]} for ${lengths.join(', ')}`)
        .join('; ');
      throw new ExportError(
        `exportOnnx: "${operationOf(node)}" uses a number that is no sum of products of ${names.join(' and ')} with whole factors: ${shown}`,
      );
    }
    formulas.push(formula);
  }
  return varies ? formulas : [];
}

/** A shape for Reshape with -1 for its only length that varies, unless another one is 0. */
function inferredLength(formulas: readonly Formula[]): number[] | undefined {
  const varying = formulas.filter((formula) => !isConstant(formula));
  const known = formulas.filter(isConstant).map((formula) => formula[0]!);
  if (varying.length !== 1 || known.includes(0)) return undefined;
  return formulas.map((formula) => (isConstant(formula) ? formula[0]! : -1));
}

/** The types of inputs or outputs, with names and formulas for lengths that vary. */
function mergedValues(tried: readonly (readonly OnnxValue[])[], axes: readonly DynamicAxis[]): OnnxValue[] {
  return tried[0]!.map((value, index) => {
    const shapes = tried.map((values) => values[index]!.shape);
    const shape = value.shape.map((_, axis) => {
      const formula = formulaOf(
        shapes.map((each) => Number(each[axis])),
        axes.map(({ trial }) => trial),
      );
      return formula
        ? formatFormula(
            formula,
            axes.map(({ name }) => name),
          )
        : `${value.name.replace(':', '')}.${axis}`;
    });
    return { ...value, shape };
  });
}
