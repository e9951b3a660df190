import type { HoagStep } from './hoag.js';

/** How far an outer method has come. */
export interface Course<X, Theta> {
  /** Outer steps. */
  steps: number;
  /** Iterations of the lower solver. */
  lower: number;
  /** The last step. */
  last?: HoagStep<X, Theta>;
  ended: boolean;
}

/** Takes outer steps bit by bit. */
export function follow<X, Theta>(iterator: AsyncGenerator<HoagStep<X, Theta>, string, void>) {
  const course: Course<X, Theta> = { steps: 0, lower: 0, ended: false };
  return {
    course,
    /** Takes steps until the course has come as far as is asked, or ended. */
    async until(enough: (course: Course<X, Theta>) => boolean): Promise<void> {
      while (!course.ended && !enough(course)) {
        const next = await iterator.next();
        if (next.done) {
          course.ended = true;
        } else {
          course.last = next.value;
          course.steps++;
          course.lower += next.value.lowerIterations;
        }
      }
    },
  };
}
