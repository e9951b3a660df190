import type { Operator, Operators } from './call.js';
import { activations, microsoftActivations } from './operators/activation.js';
import { attentions, microsoftAttentions } from './operators/attention.js';
import { controls } from './operators/control.js';
import { creations } from './operators/creation.js';
import { elementwise } from './operators/elementwise.js';
import { imaging } from './operators/image.js';
import { indexing } from './operators/indexing.js';
import { microsoftLevels } from './operators/levels.js';
import { movements } from './operators/movement.js';
import { microsoftNormalizations, normalizations } from './operators/normalization.js';
import { microsoftProducts, products } from './operators/products.js';
import { microsoftQuantizations, quantizations } from './operators/quantization.js';
import { recurrents } from './operators/recurrent.js';
import { reductions } from './operators/reduce.js';
import { microsoftWindowed, windowed } from './operators/windows.js';

/** Operators that can be imported, by domain; '' is the standard. */
const domains: ReadonlyMap<string, Operators> = new Map([
  [
    '',
    {
      ...activations,
      ...attentions,
      ...controls,
      ...creations,
      ...elementwise,
      ...imaging,
      ...indexing,
      ...movements,
      ...normalizations,
      ...products,
      ...quantizations,
      ...recurrents,
      ...reductions,
      ...windowed,
    },
  ],
  [
    'com.microsoft',
    {
      ...microsoftActivations,
      ...microsoftAttentions,
      ...microsoftLevels,
      ...microsoftNormalizations,
      ...microsoftProducts,
      ...microsoftQuantizations,
      ...microsoftWindowed,
    },
  ],
]);

/** The operator of a node, if it can be imported. */
export function operatorFor({ domain, type }: { domain: string; type: string }): Operator | undefined {
  const operators = domains.get(domain);
  return operators && Object.hasOwn(operators, type) ? operators[type] : undefined;
}
