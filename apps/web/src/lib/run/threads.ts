/** Threads that training uses on this page: one where it is not cross-origin isolated. */
export const availableThreads = (): number =>
  crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
