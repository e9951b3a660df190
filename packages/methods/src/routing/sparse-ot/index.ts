export {
  type SparseTransportPoint,
  type SparseTransportProblem,
  sparseTransportDual,
  sparseTransportSemiDual,
} from './dual.js';
export { kSupportNorm, projectSparseSimplex, topKSquaredConjugate } from './projection.js';
export { type SparseTransportRouterOptions, sparseTransportRouter } from './router.js';
export {
  type SparseTransport,
  type SparseTransportOptions,
  sparseTransport,
  type TransportPotentials,
} from './transport.js';
