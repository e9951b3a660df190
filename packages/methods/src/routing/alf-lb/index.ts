export {
  type BalancingStep,
  LossFreeBalancer,
  type LossFreeBalancerOptions,
  lossFreeBalancer,
} from './balancer.js';
export {
  type BalancingTrajectory,
  type BalancingTrajectoryOptions,
  balancingTrajectory,
  type DualStep,
  type DualStepOptions,
  dualObjective,
  dualStep,
  lagrangian,
  selection,
} from './dual.js';
