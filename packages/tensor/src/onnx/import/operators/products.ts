import { isFloat } from '../../../graph/dtype.js';
import type { Tensor } from '../../../graph/tensor.js';
import { einsum } from '../../../ops/einsum.js';
import { add, cast, mul } from '../../../ops/elementwise.js';
import { matMul } from '../../../ops/matMul.js';
import type { Call, Operators } from '../call.js';
import { fusedActivation } from './activation.js';

const scaledBy = (x: Tensor, factor: number): Tensor => (factor === 1 ? x : mul(x, factor));

function gemm(call: Call): Tensor {
  const [a, b, c] = [call.tensor(0), call.tensor(1), call.optional(2)];
  const product = matMul(a, b, {
    transposeA: call.int('transA', 0) !== 0,
    transposeB: call.int('transB', 0) !== 0,
  });
  const scaled = scaledBy(product, call.float('alpha', 1));
  return c ? add(scaled, scaledBy(c, call.float('beta', 1))) : scaled;
}

/** Products of integers are computed as float64, which is exact below 2⁵³. */
function matrixProduct(call: Call): Tensor {
  const [a, b] = [call.tensor(0), call.tensor(1)];
  if (isFloat(a.dtype)) return matMul(a, b);
  return cast(matMul(cast(a, 'float64'), cast(b, 'float64')), a.dtype);
}

export const products: Operators = {
  Einsum: (call) => einsum(call.string('equation', ''), ...call.tensors()),
  Gemm: gemm,
  MatMul: matrixProduct,
};

export const microsoftProducts: Operators = {
  FusedGemm: (call) => fusedActivation(call)(gemm(call)),
  FusedMatMul(call) {
    if (call.int('transBatchA', 0) || call.int('transBatchB', 0)) {
      throw call.error('transposed batches are not supported');
    }
    const product = matMul(call.tensor(0), call.tensor(1), {
      transposeA: call.int('transA', 0) !== 0,
      transposeB: call.int('transB', 0) !== 0,
    });
    return scaledBy(product, call.float('alpha', 1));
  },
};
