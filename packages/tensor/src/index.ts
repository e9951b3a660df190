import './fluent.js';

export { customGradient } from './autodiff/customGradient.js';
export { grad, hvp, jvp, valueAndGrad, vjp } from './autodiff/transforms.js';
export { checkpoint } from './control/checkpoint.js';
export { cond } from './control/cond.js';
export { hessian, jacobian } from './control/jacobian.js';
export { type ScanOptions, scan } from './control/scan.js';
export { type VmapOptions, vmap } from './control/vmap.js';
export { type WhileOptions, whileLoop } from './control/whileLoop.js';
export type { NestedNumbers } from './fluent.js';
export type { DType, TypedArray } from './graph/dtype.js';
export { isFloat } from './graph/dtype.js';
export { DTypeError, ExportError, RuntimeError, ShapeError } from './graph/errors.js';
export type { Shape } from './graph/shape.js';
export { broadcastShapes, formatShape, sameShape, sizeOf } from './graph/shape.js';
export { type DeviceValue, type Stored, Tensor, type TensorType, type Value } from './graph/tensor.js';
export {
  type FlatTree,
  flatten,
  leavesLike,
  leavesOf,
  mapPlaces,
  mapTree,
  withLeaves,
} from './graph/tree.js';
export type {
  ExportedModel,
  ExportOptions,
  InputType,
  InputTypes,
  NamedOutputs,
  WeightFormat,
  WeightInfo,
} from './onnx/export/options.js';
export {
  type ElementType,
  type ExternalData,
  ImportedModule,
  type ImportedProgram,
  type ImportedValue,
  type ImportedWeight,
  type ImportLimits,
  type ImportOptions,
  importOnnx,
  OnnxError,
  type Resized,
  type RunOptions,
  type RunResult,
  type TrainingOptions,
} from './onnx/import/index.js';
export {
  elu,
  type GeluOptions,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  silu,
  softplus,
} from './ops/activation.js';
export { flip, repeat, roll, tile, tril, triu } from './ops/arrange.js';
export { type AttentionOptions, attention } from './ops/attention.js';
export {
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  popCount,
  shiftLeft,
  shiftRight,
} from './ops/bitwise.js';
export { broadcastTo, type ReduceOptions, requireFloat, reshape, sum } from './ops/broadcast.js';
export { type ConvOptions, type ConvTransposeOptions, conv, convTranspose } from './ops/conv.js';
export { type Nested, type Operand, tensor } from './ops/create.js';
export { diag, diagonal, eye, trace } from './ops/diagonal.js';
export {
  type CategoricalOptions,
  categorical,
  type DrawOptions,
  exponential,
  gumbel,
  laplace,
  randint,
  type TruncatedNormalOptions,
  truncatedNormal,
} from './ops/distributions.js';
export { dynamicSlice, dynamicUpdateSlice } from './ops/dynamicSlice.js';
export { einsum } from './ops/einsum.js';
export {
  abs,
  add,
  cast,
  ceil,
  clip,
  cos,
  div,
  equal,
  erf,
  exp,
  floor,
  greater,
  greaterEqual,
  isFinite,
  isInfinite,
  isNaN,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  reciprocal,
  relu,
  round,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  stopGradient,
  sub,
  tanh,
  where,
} from './ops/elementwise.js';
export { exp2, expm1, log1p, log2, logAddExp } from './ops/exponential.js';
export { full, ones, onesLike, zeros, zerosLike } from './ops/fill.js';
export { digamma, lgamma, polygamma, trigamma } from './ops/gamma.js';
export { iota, oneHot, take, takeAlong, triangle } from './ops/gather.js';
export { linspace, meshgrid } from './ops/grid.js';
export {
  channelsFirst,
  channelsLast,
  padEdge,
  padReflect,
  pixelShuffle,
  pixelUnshuffle,
  upsampleNearest,
} from './ops/image.js';
export { l2Norm } from './ops/l2Norm.js';
export { cholesky } from './ops/linalg/cholesky.js';
export {
  inverseSqrtNewtonSchulz,
  type MatrixRoots,
  matrixRoots,
  matrixSqrt,
  type NewtonSchulzOptions,
  newtonSchulz,
} from './ops/linalg/newtonSchulz.js';
export { qr } from './ops/linalg/qr.js';
export { det, inverse, matrixPower, type SignedLog, slogdet, solve } from './ops/linalg/solve.js';
export { type TriangularSolveOptions, triangularInverse, triangularSolve } from './ops/linalg/triangular.js';
export { type MatMulOptions, matMul } from './ops/matMul.js';
export {
  concat,
  expandAxis,
  pad,
  slice,
  split,
  squeeze,
  stack,
  swapAxes,
  transpose,
} from './ops/movement.js';
export {
  type AxisNormOptions,
  type BatchNormOptions,
  type BatchStatistics,
  batchNorm,
  batchNormInference,
  groupNorm,
  layerNorm,
  type NormOptions,
  rmsNorm,
} from './ops/norm.js';
export {
  type AveragePoolOptions,
  averagePool,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  type PoolOptions,
} from './ops/pool.js';
export { fakeQuantize, type Quantization, type QuantizationOptions, quantizationOf } from './ops/quantize.js';
export {
  bernoulli,
  foldIn,
  type Keys,
  normal,
  randomBits,
  randomKey,
  splitKey,
  type UniformOptions,
  uniform,
} from './ops/random.js';
export { all, any, argMax, argMin, logSumExp, max, mean, min, prod, variance } from './ops/reduce.js';
export { type ResizeOptions, resize, resizeBilinear } from './ops/resize.js';
export { floorDivide, remainder, roundThrough, trunc } from './ops/rounding.js';
export { type CumSumOptions, cumSum } from './ops/scan.js';
export { gatherNd, scatterAdd, scatterSet, segmentSum } from './ops/scatter.js';
export { logSoftmax, softmax } from './ops/softmax.js';
export { argSort, type Ordered, permutation, type SortOptions, shuffle, sort, topK } from './ops/sort.js';
export { erfc, erfinv } from './ops/special.js';
export { acos, acosh, asin, asinh, atan, atan2, atanh, cosh, sinh, tan } from './ops/trigonometry.js';
export type { Padding, PerAxis, WindowOptions } from './ops/windows.js';
export { calibrate } from './runtime/calibrate.js';
export { type Compiled, type CompileOptions, compile } from './runtime/compile.js';
export { availableRuntimes, type RuntimeAvailability, useRuntime } from './runtime/current.js';
export { copy, evaluate } from './runtime/evaluate.js';
export { exportOnnx } from './runtime/exportOnnx.js';
export {
  nodesBehind,
  nodesMade,
  simplified,
  symbol,
  type TracedBody,
  type TracedNode,
} from './runtime/inspect.js';
export type { RuntimeName, RuntimeOptions } from './runtime/runtime.js';
export { type Eigen, eigh } from './spectral/eigh.js';
export { type PseudoInverseOptions, pseudoInverse, type SingularValues, svd } from './spectral/svd.js';
