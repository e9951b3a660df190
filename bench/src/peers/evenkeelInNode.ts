import { interceptSessions, onnxRuntimeVersion } from '../sessions.js';
import { evenkeel } from './evenkeel.js';
import { serve } from './serve.js';

// EVENKEEL_BENCH_WAITING=passive keeps idle threads from spinning.
if (process.env.EVENKEEL_BENCH_WAITING === 'passive') {
  interceptSessions((options) => ({
    ...options,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  }));
}

await serve(evenkeel(`ONNX Runtime ${onnxRuntimeVersion}`));
