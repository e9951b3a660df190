import { access, constants, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { formatMetric } from '@evenkeel/lab';
import type {
  ModelFacts,
  Measures as ModelMeasures,
  PruneProgress,
  PruningMethod,
  Samples,
  ValueFacts,
} from '@evenkeel/methods/model';
import { SingleBar } from 'cli-progress';
import { reasonOf, refuseUnknown, UsageError } from '../errors.js';
import { type Io, lineWidth, type Output, printJson, printLines } from '../io.js';
import { writeWhole } from '../recorded.js';
import { listing, table } from '../table.js';

export interface InspectOptions {
  readonly length?: number;
  readonly json?: true;
}

export interface PruneOptions {
  readonly data: string;
  readonly method: string;
  readonly flops: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly out?: string;
  readonly json?: true;
}

/** A model with the median time of a call of its file with one sample, in milliseconds. */
interface Measures extends ModelMeasures {
  readonly milliseconds: number;
}

/** What is done with models is loaded when it is asked for. */
const models = () => import('@evenkeel/methods/model');

/** Shows what is in an ONNX file. */
export async function inspect(io: Io, file: string, options: InspectOptions): Promise<number> {
  const bytes = await readModelFile(io, 'model inspect', file);
  const { inspectModel } = await models();
  const facts = await inspectModel(bytes, options.length);
  if (options.json) printJson(io.stdout, { file, bytes: bytes.length, ...facts });
  else printLines(io.stdout, factLines(file, bytes.length, facts));
  return 0;
}

async function readModelFile(io: Io, command: string, file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(resolve(io.workingDir, file)));
  } catch (error) {
    throw new UsageError(`${command}: ${file}: ${reasonOf(error)}`);
  }
}

const count = (n: number): string => n.toLocaleString('en-US');

function factLines(file: string, size: number, facts: ModelFacts): string[] {
  const value = ({ name, dtype, shape }: ValueFacts) =>
    `${name}: ${dtype}${shape ? ` [${shape.join(', ')}]` : ''}`;
  const cost =
    facts.multiplyAdds === undefined
      ? 'open lengths decide; say one with --length'
      : `${count(facts.multiplyAdds)} for one sample (twice as many FLOPs)`;
  return listing([
    ['file', `${file}, ${formatMetric(size, { unit: 'bytes' })}`],
    ...facts.inputs.map((input) => ['input', value(input)]),
    ...facts.outputs.map((output) => ['output', value(output)]),
    ['parameters', count(facts.parameters)],
    ['multiply-adds', cost],
    [
      'operators',
      Object.entries(facts.operators)
        .map(([name, times]) => `${name} ${times}`)
        .join(', '),
    ],
  ]);
}

/** Removes channels of a classifier, fine-tunes it and writes it, whole or not at all. */
export async function prune(io: Io, file: string, options: PruneOptions): Promise<number> {
  const { importModel, pruneModel, pruningMethods } = await models();
  refuseUnknown('model prune: --method', options.method, 'a method', pruningMethods);
  const method = options.method as PruningMethod;
  const bytes = await readModelFile(io, 'model prune', file);
  const out = options.out ?? file.replace(/(\.onnx)?$/i, '.pruned.onnx');
  await checkOut(io, file, out);
  const model = await importModel(bytes);
  const samples = await readSamples(io, options.data, model);
  const progress = showTraining(io.stderr);
  const { bytes: smaller, ...result } = await pruneModel({
    model,
    samples,
    method,
    flops: options.flops,
    epochs: options.epochs,
    learningRate: options.learningRate,
    seed: options.seed,
    signal: io.interruption(),
    onProgress: progress.show,
  }).finally(progress.stop);
  await writeWhole(resolve(io.workingDir, out), smaller);
  const { fileTimes } = await import('../fileTimes.js');
  const [input] = model.inputs;
  const times = await fileTimes([bytes, smaller], {
    name: input!.name,
    shape: input!.shape!.map((length) => (typeof length === 'number' ? length : 1)),
  });
  const [before, after] = [result.before, result.after].map((measures, i) => ({
    ...measures,
    milliseconds: times[i]!,
  })) as [Measures, Measures];
  const sizes = { before: bytes.length, after: smaller.length };
  if (options.json) {
    printJson(io.stdout, { file, out, method, flops: options.flops, bytes: sizes, ...result, before, after });
    return 0;
  }
  const row = (name: string, of: (measures: Measures) => string) => [name, of(before), of(after)];
  printLines(io.stdout, [
    ...table(
      [
        ['', 'before', 'after'],
        row('multiply-adds', (each) => count(each.multiplyAdds)),
        row('parameters', (each) => count(each.parameters)),
        row('time of a call', (each) => formatMetric(each.milliseconds / 1000, { unit: 'seconds' })),
        row(`accuracy on ${count(result.heldOut)} held-out samples`, (each) =>
          formatMetric(each.accuracy, { unit: 'fraction' }),
        ),
        ['file', formatMetric(sizes.before, { unit: 'bytes' }), formatMetric(sizes.after, { unit: 'bytes' })],
      ],
      lineWidth(io.stdout),
    ),
    '',
    `Right after pruning the accuracy was ${formatMetric(result.accuracyBeforeTuning, { unit: 'fraction' })}.`,
    ...result.notes,
    `Written to ${out}`,
  ]);
  return 0;
}

/** Refuses a place where nothing can be written before work begins. */
async function checkOut(io: Io, file: string, out: string): Promise<void> {
  const path = resolve(io.workingDir, out);
  if (path === resolve(io.workingDir, file))
    throw new UsageError(`model prune: --out: got ${out}, the file itself; expected another name`);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new UsageError(`model prune: --out: ${out} is a folder, expected a file`);
  try {
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw new UsageError(`model prune: --out: ${dirname(out)}: ${reasonOf(error)}`);
  }
}

type Model = Parameters<Awaited<ReturnType<typeof models>>['csvSamples']>[1];

async function readSamples(io: Io, data: string, model: Model): Promise<Samples> {
  const { csvSamples, folderSamples, listFolder } = await models();
  const path = resolve(io.workingDir, data);
  const found = await stat(path).catch((error) => {
    throw new UsageError(`model prune: --data: ${data}: ${reasonOf(error)}`);
  });
  return found.isDirectory()
    ? folderSamples(await listFolder(path), model)
    : csvSamples(await readFile(path, 'utf8'), model);
}

/** A bar on a terminal, elsewhere a line for each training. */
function showTraining(output: Output): { show(progress: PruneProgress): void; stop(): void } {
  if (!output.isTTY) {
    return {
      show({ stage, step, steps, loss }) {
        if (step === 1) printLines(output, [`${stage}: ${count(steps)} steps`]);
        if (step === steps)
          printLines(output, [`${stage}: done, loss ${formatMetric(loss, { unit: 'number' })}`]);
      },
      stop: () => {},
    };
  }
  const bar = new SingleBar({
    stream: output,
    format: '{stage} {bar} {percentage} %  loss {loss}',
    barsize: 24,
    barCompleteChar: '━',
    barIncompleteChar: '·',
    hideCursor: true,
    gracefulExit: false,
  });
  return {
    show({ stage, step, steps, loss }) {
      const state = { stage, loss: formatMetric(loss, { unit: 'number' }) };
      if (step === 1) bar.start(steps, 0, state);
      bar.update(step, state);
      if (step === steps) bar.stop();
    },
    stop: () => bar.stop(),
  };
}
