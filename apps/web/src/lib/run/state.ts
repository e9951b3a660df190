import { type CurvePoint, type Exhibit, mergeExhibits, type Run } from '@evenkeel/lab';
import type { Failure, FromWorker, RunRequest } from './messages.js';

/** What the Run panel shows. */
export interface PanelState {
  readonly phase: 'idle' | 'loading' | 'training' | 'stopping' | 'done' | 'stopped' | 'failed';
  /** The run that is going on or was last; absent before the first. */
  readonly request?: RunRequest;
  /** Milliseconds of the clock that the actions carry. */
  readonly startedAt?: number;
  readonly trainingAt?: number;
  readonly endedAt?: number;
  /** Bytes of the runtime, until it is there. */
  readonly loading?: { readonly received: number; readonly total: number };
  readonly threads?: number;
  /** One for each arm asked for, in that order. */
  readonly arms: readonly ArmState[];
  readonly failure?: Failure;
}

export interface ArmState {
  readonly name: string;
  readonly step: number;
  /** 0 until the arm has said how many there are. */
  readonly steps: number;
  readonly points: readonly CurvePoint[];
  /** What there is to look at by now. */
  readonly exhibits: readonly Exhibit[];
  /** Present once the arm has ended. */
  readonly run?: Run;
}

export type Action =
  | { readonly type: 'start'; readonly request: RunRequest }
  | { readonly type: 'stopping' }
  | FromWorker;

export const idle: PanelState = { phase: 'idle', arms: [] };

/** More points than this are thinned to half: a chart cannot show them. */
const mostPoints = 400;

/**
 * The state after an action.
 * @param at when it happened, in milliseconds of any steady clock
 */
export function reduce(state: PanelState, action: Action, at: number): PanelState {
  switch (action.type) {
    case 'start':
      return {
        phase: 'loading',
        request: action.request,
        startedAt: at,
        arms: action.request.arms.map((name) => ({ name, step: 0, steps: 0, points: [], exhibits: [] })),
      };
    case 'loading':
      return { ...state, loading: { received: action.received, total: action.total } };
    case 'ready':
      return {
        ...state,
        phase: state.phase === 'stopping' ? 'stopping' : 'training',
        threads: action.threads,
        trainingAt: at,
      };
    case 'started':
      return state;
    case 'progress':
      return withArm(state, action.arm, (arm) => ({
        ...arm,
        step: action.step,
        steps: action.steps,
        points: appended(arm.points, { step: action.step, metrics: action.metrics }),
        exhibits: action.exhibits ? mergeExhibits(arm.exhibits, action.exhibits) : arm.exhibits,
      }));
    case 'finished':
      return withArm(state, action.run.arm, (arm) => finishedArm(arm, action.run));
    case 'stopping':
      return { ...state, phase: 'stopping' };
    case 'done':
      return action.runs.reduce<PanelState>(
        (now, run) => withArm(now, run.arm, (arm) => finishedArm(arm, run)),
        { ...state, phase: 'done', endedAt: at },
      );
    case 'stopped':
      return { ...state, phase: 'stopped', endedAt: at };
    case 'failed':
      return { ...state, phase: 'failed', endedAt: at, failure: action.failure };
  }
}

/** Whether a worker is busy with the run. */
export const isBusy = ({ phase }: PanelState): boolean =>
  phase === 'loading' || phase === 'training' || phase === 'stopping';

/** How much of the training is done, from 0 to 1. */
export function fractionDone({ arms }: PanelState): number {
  if (arms.length === 0) return 0;
  const fractions = arms.map(({ step, steps, run }) => (run ? 1 : steps === 0 ? 0 : step / steps));
  return fractions.reduce((sum, fraction) => sum + fraction, 0) / arms.length;
}

/**
 * Seconds that the training will take in all: as the experiment says it at first, and from what has been done once that
 * is a tenth.
 */
export function expectedSeconds(state: PanelState, liveSeconds: number, at: number): number {
  const done = fractionDone(state);
  if (done < 0.1 || state.trainingAt === undefined) return liveSeconds;
  return (at - state.trainingAt) / 1000 / done;
}

function withArm(state: PanelState, name: string, change: (arm: ArmState) => ArmState): PanelState {
  return { ...state, arms: state.arms.map((arm) => (arm.name === name ? change(arm) : arm)) };
}

function finishedArm(arm: ArmState, run: Run): ArmState {
  const points = run.curve.length > 0 ? run.curve : arm.points;
  return { ...arm, step: arm.steps, points, exhibits: run.exhibits ?? [], run };
}

function appended(points: readonly CurvePoint[], point: CurvePoint): readonly CurvePoint[] {
  const kept = points.length < mostPoints ? points : points.filter((_, i) => i % 2 === 0);
  return [...kept, point];
}
