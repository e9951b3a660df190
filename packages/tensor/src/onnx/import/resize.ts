import type { Shape } from '../../graph/shape.js';
import type { AttributeFile, NodeFile } from './file.js';
import type { ImportedProgram } from './module.js';
import { knownValue, type Value } from './value.js';

// A file names some lengths: of reshaped values, and the numbers of groups. When channels go, these have to follow.

/** The shape of a value before and after channels went. */
export interface Resized {
  readonly before: Shape;
  readonly after: Shape;
}

type Shapes = ReadonlyMap<string, Resized>;

/** The attribute of operators whose channels lie in groups, by operator. */
const groupAttributes: Readonly<Record<string, string>> = {
  Conv: 'group',
  ConvTranspose: 'group',
  FusedConv: 'group',
  GroupNormalization: 'num_groups',
};

/** How many groups are left: those of one length stay as long as they are, of the others as many as there were. */
function groupsLeft(node: NodeFile, groups: number, shapes: Shapes): number {
  const [x, w] = [shapes.get(node.inputs[0]!), shapes.get(node.inputs[1]!)];
  if (!x) return groups;
  const [before, after] = [x.before[1]!, x.after[1]!];
  if (node.type === 'GroupNormalization') return (groups * after) / before;
  // Convolution has the channels of a group as an axis of its weights; what is transposed has the groups on axis 0.
  if (node.type === 'ConvTranspose') return before === groups ? after : groups;
  return w && w.after[1] !== w.before[1] ? groups : (groups * after) / before;
}

function withGroups(node: NodeFile, shapes: Shapes): NodeFile {
  const name = groupAttributes[node.type];
  const groups = name === undefined ? undefined : node.attributes.get(name);
  if (name === undefined || groups?.kind !== 'int' || groups.value === 1) return node;
  const left: AttributeFile = { kind: 'int', value: groupsLeft(node, groups.value, shapes) };
  return { ...node, attributes: new Map([...node.attributes, [name, left]]) };
}

/** Nodes that give what a reshaping node asks for its shape, with the new lengths where they differ. */
function withLengths(
  node: NodeFile,
  shapes: Shapes,
  constants: Map<string, Value>,
  nameOf: (hint: string) => string,
): NodeFile[] {
  const output = shapes.get(node.outputs[0]!);
  if (!output || node.type !== 'Reshape') return [node];
  const differs = output.after.map((length, axis) => Number(length !== output.before[axis]));
  const [isNew, lengths, shape] = ['new', 'lengths', 'shape'].map(nameOf) as [string, string, string];
  constants.set(isNew, knownValue(differs, 'bool'));
  constants.set(lengths, knownValue(output.after, 'int64'));
  const choose: NodeFile = {
    name: shape,
    type: 'Where',
    domain: '',
    inputs: [isNew, lengths, node.inputs[1]!],
    outputs: [shape],
    attributes: new Map(),
  };
  return [choose, { ...node, inputs: [node.inputs[0]!, shape] }];
}

/** The program with the lengths that its graph names changed. @param shapes of the values whose shapes differ */
export function resizedProgram(program: ImportedProgram, shapes: Shapes): ImportedProgram {
  const { graph } = program;
  const taken = new Set([
    ...program.constants.keys(),
    ...graph.initializers.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
    ...graph.inputs.map(({ name }) => name),
  ]);
  const constants = new Map(program.constants);
  const nodes = graph.nodes.flatMap((node, i) => {
    const nameOf = (hint: string) => {
      let name = `resized.${i}.${hint}`;
      while (taken.has(name)) name += "'";
      taken.add(name);
      return name;
    };
    return withLengths(withGroups(node, shapes), shapes, constants, nameOf);
  });
  const { watch: _, ...rest } = program;
  return { ...rest, graph: { ...graph, nodes }, constants };
}
