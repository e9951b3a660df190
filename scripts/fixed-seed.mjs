import fc from 'fast-check';

// Property-based tests draw the same cases on every run; other seeds try other cases.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 1) });
