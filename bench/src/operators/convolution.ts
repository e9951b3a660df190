import { conv, type Tensor, vjp } from '@evenkeel/tensor';
import { draw } from './draw.js';
import type { Graph } from './graph.js';
import type { Form, Row } from './row.js';

/** A convolution of n square images with square kernels. */
interface Case {
  readonly name: string;
  readonly n: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
}

const cases: readonly Case[] = [
  { name: '1→32, 28', inputs: 1, outputs: 32, size: 28 },
  { name: '32→64, 28, stride 2', inputs: 32, outputs: 64, size: 28, stride: 2 },
  { name: '64→64, 14', inputs: 64, outputs: 64, size: 14 },
  { name: '64→128, 32, stride 2', n: 32, inputs: 64, outputs: 128, size: 32, stride: 2 },
  { name: '16→32, 14, 5×5', inputs: 16, outputs: 32, size: 14, kernel: 5, padding: 2 },
  { name: '64→128, 14, 1×1', inputs: 64, outputs: 128, size: 14, kernel: 1, padding: 0 },
  { name: '64 depthwise, 14', inputs: 64, outputs: 64, size: 14, groups: 64 },
  { name: '64 depthwise, 28, stride 2', inputs: 64, outputs: 64, size: 28, stride: 2, groups: 64 },
  { name: '64→64, 14, 4 groups', inputs: 64, outputs: 64, size: 14, groups: 4 },
].map((each) => ({ n: 64, kernel: 3, stride: 1, padding: 1, groups: 1, ...each }));

const reached = ({ size, kernel, stride, padding }: Case): number =>
  Math.floor((size + 2 * padding - kernel) / stride) + 1;

const attributesOf = ({ kernel, stride, padding, groups }: Case) => ({
  kernel_shape: [kernel, kernel],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
  group: groups,
});

const convolve = (of: Case, x: Tensor, w: Tensor): Tensor =>
  conv(x, w, { strides: of.stride, padding: of.padding, groups: of.groups });

const images = ({ n, inputs, size }: Case) => draw(0, n, inputs, size, size);
const weights = ({ inputs, outputs, kernel, groups }: Case) =>
  draw(1, outputs, inputs / groups, kernel, kernel);
const cotangents = (of: Case) => draw(2, of.n, of.outputs, reached(of), reached(of));

/** All taps of the kernel, row by row. */
const taps = ({ kernel }: Case): readonly (readonly [row: number, column: number])[] =>
  Array.from({ length: kernel * kernel }, (_, i) => [Math.floor(i / kernel), i % kernel]);

/** What the tap meets: a slice of padded images whose rows and columns are the given axes. */
function met(
  graph: Graph,
  padded: string,
  of: Case,
  tap: readonly [number, number],
  axes: readonly number[],
): string {
  const last = (reached(of) - 1) * of.stride + 1;
  return graph.slice(padded, axes, tap, [tap[0] + last, tap[1] + last], of.stride);
}

const padded = (graph: Graph, x: string, { padding }: Case): string =>
  graph.pad(x, [0, 0, padding, padding], [0, 0, padding, padding]);

/** dy · columnsᵀ of each group and image, added up over the images; columns reshape to [n, g, c / g · taps, windows]. */
function columnsProduct(graph: Graph, columns: string, dy: string, of: Case): string {
  const { n, inputs, outputs, kernel, groups } = of;
  const windows = reached(of) ** 2;
  const products = graph.matMul(
    graph.reshape(dy, n, groups, outputs / groups, windows),
    graph.reshape(columns, n, groups, (inputs / groups) * kernel ** 2, windows),
    { transB: 1 },
  );
  return graph.reshape(graph.sum(products, [0]), outputs, inputs / groups, kernel, kernel);
}

const outputsFirst = (graph: Graph, dy: string, of: Case): string =>
  graph.reshape(graph.transpose(dy, 1, 0, 2, 3), of.outputs, of.n * reached(of) ** 2);

const gatheredColumns =
  (of: Case): Form =>
  (graph, x, dy) => {
    const { n, inputs, outputs, size, kernel, stride, padding } = of;
    const positions = Array.from({ length: reached(of) ** 2 }, (_, i) => [
      Math.floor(i / reached(of)) * stride - padding,
      (i % reached(of)) * stride - padding,
    ]);
    const index = positions.flatMap(([top, left]) =>
      taps(of).map(([i, j]) => {
        const [row, column] = [top! + i, left! + j];
        const inside = row >= 0 && row < size && column >= 0 && column < size;
        return inside ? row * size + column : size * size;
      }),
    );
    const pixels = graph.reshape(graph.transpose(x, 0, 2, 3, 1), n, size * size, inputs);
    const withZero = graph.operator('Concat', [pixels, graph.filled(0, [n, 1, inputs])], { axis: 1 });
    const columns = graph.operator('Gather', [withZero, graph.constant(Int32Array.from(index), 'int32')], {
      axis: 1,
    });
    const product = graph.operator('MatMul', [
      outputsFirst(graph, dy, of),
      graph.reshape(columns, n * reached(of) ** 2, kernel ** 2 * inputs),
    ]);
    return graph.transpose(graph.reshape(product, outputs, kernel, kernel, inputs), 0, 3, 1, 2);
  };

const perTapChannelsLast =
  (of: Case): Form =>
  (graph, x, dy) => {
    const { n, inputs, outputs, kernel, padding } = of;
    const border = [0, padding, padding, 0];
    const pixels = graph.pad(graph.transpose(x, 0, 2, 3, 1), border, border);
    const left = outputsFirst(graph, dy, of);
    const products = taps(of).map((tap) => {
      const right = graph.reshape(met(graph, pixels, of, tap, [1, 2]), n * reached(of) ** 2, inputs);
      return graph.reshape(graph.operator('MatMul', [left, right]), outputs, inputs, 1);
    });
    return graph.reshape(graph.operator('Concat', products, { axis: 2 }), outputs, inputs, kernel, kernel);
  };

const perTapChannelsFirst =
  (of: Case): Form =>
  (graph, x, dy) => {
    const { n, inputs, outputs, kernel } = of;
    const windows = reached(of) ** 2;
    const [pixels, left] = [padded(graph, x, of), graph.reshape(dy, n, outputs, windows)];
    const products = taps(of).map((tap) => {
      const right = graph.reshape(met(graph, pixels, of, tap, [2, 3]), n, inputs, windows);
      const product = graph.sum(graph.matMul(left, right, { transB: 1 }), [0]);
      return graph.reshape(product, outputs, inputs, 1);
    });
    return graph.reshape(graph.operator('Concat', products, { axis: 2 }), outputs, inputs, kernel, kernel);
  };

const perTapSums =
  (of: Case): Form =>
  (graph, x, dy) => {
    const pixels = padded(graph, x, of);
    const sums = taps(of).map((tap) =>
      graph.reshape(graph.sum(graph.mul(met(graph, pixels, of, tap, [2, 3]), dy), [0, 2, 3]), of.inputs, 1),
    );
    return graph.reshape(graph.operator('Concat', sums, { axis: 1 }), of.outputs, 1, of.kernel, of.kernel);
  };

const identityConvolution =
  (of: Case): Form =>
  (graph, x, dy) => {
    const { inputs, kernel } = of;
    const count = kernel ** 2;
    const ones = new Float32Array(inputs * count * count);
    for (let row = 0; row < inputs * count; row++) ones[row * count + (row % count)] = 1;
    const kernels = graph.constant(ones, 'float32', [inputs * count, 1, kernel, kernel]);
    const columns = graph.operator('Conv', [x, kernels], { ...attributesOf(of), group: inputs });
    return columnsProduct(graph, columns, dy, of);
  };

const slicedColumns =
  (of: Case): Form =>
  (graph, x, dy) => {
    const pixels = padded(graph, x, of);
    const slices = taps(of).map((tap) =>
      graph.reshape(met(graph, pixels, of, tap, [2, 3]), of.n, of.inputs, 1, reached(of) ** 2),
    );
    return columnsProduct(graph, graph.operator('Concat', slices, { axis: 2 }), dy, of);
  };

/** The cotangents as one large kernel: a convolution whose batch are the channels. */
const cotangentsAsKernel =
  (of: Case): Form =>
  (graph, x, dy) => {
    const { kernel, stride, padding } = of;
    const swapped = (value: string) => graph.transpose(value, 1, 0, 2, 3);
    const product = graph.operator('Conv', [swapped(x), swapped(dy)], {
      dilations: [stride, stride],
      pads: [padding, padding, padding, padding],
    });
    return swapped(graph.slice(product, [2, 3], [0, 0], [kernel, kernel]));
  };

function weightForms(of: Case): Record<string, Form> {
  if (of.kernel === 1) {
    return {
      'a product for each image': (graph, x, dy) => columnsProduct(graph, x, dy, of),
      'one product, channels last': perTapChannelsLast(of),
    };
  }
  const forGroups = {
    'identity convolution': identityConvolution(of),
    'sliced columns': slicedColumns(of),
  };
  if (of.groups === of.inputs && of.groups > 1) return { ...forGroups, 'a sum for each tap': perTapSums(of) };
  if (of.groups > 1) return forGroups;
  return {
    ...forGroups,
    'gathered columns': gatheredColumns(of),
    'a product for each tap, channels last': perTapChannelsLast(of),
    'a product for each tap': perTapChannelsFirst(of),
    'cotangents as kernel': cotangentsAsKernel(of),
  };
}

const transposed =
  (of: Case): Form =>
  (graph, dy, w) => {
    const rest = (of.size + 2 * of.padding - of.kernel) % of.stride;
    return graph.operator('ConvTranspose', [dy, w], { ...attributesOf(of), output_padding: [rest, rest] });
  };

/** The kernel flipped, inputs and outputs of each group changing places. */
function flippedKernel(graph: Graph, w: string, { inputs, outputs, kernel, groups }: Case): string {
  const far = -(2 ** 31);
  const flipped = kernel === 1 ? w : graph.slice(w, [2, 3], [-1, -1], [far, far], -1);
  const byGroup = graph.reshape(flipped, groups, outputs / groups, inputs / groups, kernel, kernel);
  return graph.reshape(graph.transpose(byGroup, 0, 2, 1, 3, 4), inputs, outputs / groups, kernel, kernel);
}

/** Cotangents with zeros between them, where the stride is 2, convolved with the flipped kernel. */
const flipped =
  (of: Case): Form =>
  (graph, dy, w) => {
    const { n, outputs, stride, kernel, padding } = of;
    const length = reached(of);
    const spread = graph.pad(
      graph.reshape(dy, n, outputs, length, 1, length, 1),
      [0, 0, 0, 0, 0, 0],
      [0, 0, 0, 1, 0, 1],
    );
    const sparse = stride === 1 ? dy : graph.reshape(spread, n, outputs, 2 * length, 2 * length);
    const border = kernel - 1 - padding;
    return graph.operator('Conv', [sparse, flippedKernel(graph, w, of)], {
      ...attributesOf(of),
      strides: [1, 1],
      pads: [border, border, border, border],
    });
  };

/** 3 × 3 with stride 2 and padding 1: the four phases of the image as channels of a 2 × 2 convolution. */
const phases =
  ({ inputs, outputs }: Case): Form =>
  (graph, dy, w) => {
    const order = graph.constant(Int32Array.of(1, 3, 2, 0), 'int32');
    const withZeros = graph.pad(w, [0, 0, 0, 0], [0, 0, 1, 1]);
    const rows = graph.operator('Gather', [withZeros, order], { axis: 2 });
    const kernels = graph.reshape(
      graph.operator('Gather', [rows, order], { axis: 3 }),
      outputs,
      inputs,
      2,
      2,
      2,
      2,
    );
    const byPhase = graph.reshape(graph.transpose(kernels, 2, 4, 1, 0, 3, 5), 4 * inputs, outputs, 2, 2);
    const product = graph.operator('Conv', [dy, byPhase], { pads: [0, 0, 1, 1] });
    return graph.operator('DepthToSpace', [product], { blocksize: 2 });
  };

const inputForms = (of: Case): Record<string, Form> => ({
  ConvTranspose: transposed(of),
  'flipped kernel': flipped(of),
  ...(of.stride === 2 && of.groups === 1 && { 'phases as channels': phases(of) }),
});

export const convolutions: readonly Row[] = cases.flatMap((of) => [
  {
    name: `convolution ${of.name}`,
    inputs: () => [images(of), weights(of)],
    ours: (x: Tensor, w: Tensor) => convolve(of, x, w),
    forms: { Conv: (graph: Graph, x: string, w: string) => graph.operator('Conv', [x, w], attributesOf(of)) },
  },
  {
    name: `its weight gradient ${of.name}`,
    inputs: () => [images(of), cotangents(of)],
    ours(x: Tensor, dy: Tensor) {
      const [, pull] = vjp((w: Tensor) => convolve(of, x, w), weights(of));
      return pull(dy);
    },
    forms: weightForms(of),
  },
  {
    name: `its input gradient ${of.name}`,
    inputs: () => [cotangents(of), weights(of)],
    ours(dy: Tensor, w: Tensor) {
      const [, pull] = vjp((x: Tensor) => convolve(of, x, w), images(of));
      return pull(dy);
    },
    forms: inputForms(of),
  },
]);
