import { type Experiment, formatMetric, type Metrics, type RunEvent } from '@evenkeel/lab';
import { SingleBar } from 'cli-progress';
import { type Output, printLines } from './io.js';

/** Shows how an experiment goes. */
export interface ProgressView {
  show(event: RunEvent): void;
  /** Leaves the terminal as it was; to be called also after an error. */
  stop(): void;
}

/** Milliseconds between two lines about the same run where there is no terminal. */
const lineEvery = 5000;

const mainMetrics = 2;

/** A bar for each run on a terminal, plain lines otherwise. `total` runs are to come after `done` earlier ones. */
export function showProgress(
  output: Output,
  experiment: Experiment,
  { total, done = 0 }: { total: number; done?: number },
): ProgressView {
  let started = done;
  /** The latest value of each metric of the run: not every one is measured at every step. */
  let latest: Metrics = {};
  const view = output.isTTY ? barView(output) : lineView(output);
  return {
    show(event) {
      if (event.type === 'started') {
        started++;
        latest = {};
      } else latest = { ...latest, ...(event.type === 'finished' ? event.run : event).metrics };
      const name = `[${started}/${total}] ${nameOf(experiment, event)}`;
      view.show(event, name, stateOf(experiment, event, latest));
    },
    stop: () => view.stop(),
  };
}

interface View {
  show(event: RunEvent, name: string, state: string): void;
  stop(): void;
}

function barView(output: Output): View {
  const bar = new SingleBar({
    stream: output,
    format: '{name} {bar} {percentage} %  {state}',
    barsize: 24,
    barCompleteChar: '━',
    barIncompleteChar: '·',
    hideCursor: true,
    gracefulExit: false,
  });
  return {
    show(event, name, state) {
      if (event.type === 'started') bar.start(1, 0, { name, state });
      if (event.type === 'progress') {
        bar.setTotal(event.steps);
        bar.update(event.step, { name, state });
      }
      if (event.type !== 'finished') return;
      bar.update(bar.getTotal(), { name, state });
      bar.stop();
    },
    stop: () => bar.stop(),
  };
}

function lineView(output: Output): View {
  let lastLine = 0;
  return {
    show(event, name, state) {
      if (event.type === 'progress') {
        if (performance.now() - lastLine < lineEvery) return;
        printLines(output, [`${name}: step ${event.step} of ${event.steps}, ${state}`]);
      } else {
        printLines(output, [`${name}: ${event.type === 'finished' ? `done, ${state}` : 'started'}`]);
      }
      lastLine = performance.now();
    },
    stop: () => {},
  };
}

function nameOf(experiment: Experiment, event: RunEvent): string {
  const { arm, seed } = event.type === 'finished' ? event.run : event;
  return `${experiment.arms.find((each) => each.name === arm)!.label}, seed ${seed}`;
}

function stateOf(experiment: Experiment, event: RunEvent, metrics: Metrics): string {
  if (event.type === 'started') return '';
  const { seconds } = event.type === 'finished' ? event.run : event;
  return [...metricTexts(experiment, metrics), formatMetric(seconds, { unit: 'seconds' })].join(', ');
}

/** The most important metrics that are there, with their names; at most `most`. */
export function metricTexts(experiment: Experiment, metrics: Metrics, most = mainMetrics): string[] {
  const names = new Set([...experiment.curves, ...experiment.metrics.map((metric) => metric.name)]);
  const shown = [...names].filter((name) => metrics[name] !== undefined).slice(0, most);
  return shown.map((name) => {
    const metric = experiment.metrics.find((each) => each.name === name)!;
    return `${metric.label} ${formatMetric(metrics[name]!, metric)}`;
  });
}
