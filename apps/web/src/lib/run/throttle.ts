import type { RunEvent } from '@evenkeel/lab';

type ProgressEvent = Extract<RunEvent, { type: 'progress' }>;

/** Takes events and passes on what is due. */
export interface Throttle {
  push(event: RunEvent): void;
  /** Passes on what is held back. */
  flush(): void;
}

/**
 * Thins out progress: of each arm and seed at most one event per `interval` is passed on, and the last one always is,
 * before the event that ends the arm. An event that measures or shows what its successor does not is passed too: some
 * metrics are measured at few steps. Other events pass at once.
 * @param interval milliseconds
 * @param now a clock in milliseconds
 */
export function throttleProgress(
  pass: (event: RunEvent) => void,
  interval = 100,
  now: () => number = () => performance.now(),
): Throttle {
  const passedAt = new Map<string, number>();
  const held = new Map<string, ProgressEvent>();

  const release = (key: string): void => {
    const event = held.get(key);
    held.delete(key);
    if (event) pass(event);
  };

  return {
    push(event) {
      if (event.type === 'finished') release(keyOf(event.run));
      if (event.type !== 'progress') return pass(event);
      const key = keyOf(event);
      if (measuresMore(held.get(key), event)) release(key);
      if (now() - (passedAt.get(key) ?? Number.NEGATIVE_INFINITY) < interval) {
        held.set(key, event);
        return;
      }
      passedAt.set(key, now());
      held.delete(key);
      pass(event);
    },
    flush() {
      for (const key of [...held.keys()]) release(key);
    },
  };
}

const measuresMore = (event: ProgressEvent | undefined, successor: ProgressEvent): boolean =>
  event !== undefined && namesOf(event).some((name) => !namesOf(successor).includes(name));

/** Of what an event measures and shows. */
const namesOf = ({ metrics, exhibits = [] }: ProgressEvent): string[] => [
  ...Object.keys(metrics),
  ...exhibits.map(({ title }) => `exhibit ${title}`),
];

const keyOf = ({ arm, seed }: { arm: string; seed: number }): string => `${seed}:${arm}`;
