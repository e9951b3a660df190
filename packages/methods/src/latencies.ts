import { compile, type Tensor } from '@evenkeel/tensor';

const [warmUps, rounds] = [3, 40];

/** Median milliseconds of a call with the example, of functions in turn, each compiled with what it holds as constants. */
export async function latencies(
  functions: readonly ((example: Tensor) => Tensor)[],
  example: Tensor,
): Promise<number[]> {
  const calls = functions.map((each) => ({ run: compile(each), times: [] as number[] }));
  for (let round = -warmUps; round < rounds; round++) {
    for (const { run, times } of calls) {
      const from = performance.now();
      await (await run(example)).data();
      if (round >= 0) times.push(performance.now() - from);
    }
  }
  for (const { run } of calls) await run.release();
  return calls.map(({ times }) => times.sort((a, b) => a - b)[rounds / 2]!);
}
