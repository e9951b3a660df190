import type { Results } from '@evenkeel/lab';

/** The same function, computed once for each recorded results: they do not change, and intervals take many draws. */
export function oncePerResults<Value>(compute: (results: Results) => Value): (results: Results) => Value {
  const known = new WeakMap<Results, { readonly value: Value }>();
  return (results) => {
    const found = known.get(results) ?? { value: compute(results) };
    known.set(results, found);
    return found.value;
  };
}
