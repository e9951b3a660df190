export { FrequencyBuffer } from './buffer.js';
export {
  type BalanceLevel,
  type LoadBalance,
  type LoadBalanceOptions,
  loadBalanceLoss,
  microBatches,
} from './loss.js';
