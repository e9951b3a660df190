import type { Tensor } from '../../graph/tensor.js';
import { foldIn } from '../../ops/random.js';
import type { FunctionFile, GraphFile, NodeFile, TensorFile } from './file.js';
import { Budget, type ImportLimits } from './limits.js';
import type { Decoded } from './tensors.js';
import { storedValue, type Value } from './value.js';

/** A model that can be traced: its file, and the elements of its tensors. */
export interface Traceable {
  readonly graph: GraphFile;
  readonly opsets: ReadonlyMap<string, number>;
  readonly functions: ReadonlyMap<string, FunctionFile>;
  readonly tensors: ReadonlyMap<TensorFile, Decoded>;
  /** Names of weights that are not trained. */
  readonly buffers: ReadonlySet<string>;
  readonly limits: ImportLimits;
}

/** How a call computes what differs between training and inference. */
export interface TrainingOptions {
  /** Source of randomness for dropout; without it nothing is dropped. */
  readonly key?: Tensor;
}

export const functionKey = (domain: string, name: string): string => `${domain}:${name}`;

/** What is shared by all nodes of one call. */
export class Tracing {
  readonly model: Traceable;
  readonly training: TrainingOptions | undefined;
  /** New values of buffers, by name. */
  readonly updates = new Map<string, Tensor>();
  readonly #budget: Budget;
  #keys = 0;

  constructor(model: Traceable, training: TrainingOptions | undefined) {
    this.model = model;
    this.training = training;
    this.#budget = new Budget(model.limits);
  }

  takeNode(node: NodeFile): void {
    this.#budget.takeNode(`node "${node.name}"`);
  }

  /** Notes the new value of a buffer; other values have none. */
  update(name: string, tensor: Tensor): void {
    if (this.model.buffers.has(name)) this.updates.set(name, tensor);
  }

  /** A key of its own for each asking; undefined outside training. */
  nextKey(): Tensor | undefined {
    const key = this.training?.key;
    return key && foldIn(key, this.#keys++);
  }

  /** Accounts for numbers that a node makes while it is traced. */
  takeBytes(bytes: number, node: NodeFile): void {
    this.#budget.takeBytes(bytes, `node "${node.name}"`);
  }

  constant(tensor: TensorFile): Value {
    const { data, dtype } = this.model.tensors.get(tensor)!;
    return storedValue(data, dtype, tensor.shape, tensor.type);
  }
}
