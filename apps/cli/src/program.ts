import { Command, type CommanderError } from 'commander';
import {
  allow,
  type DigestOptions,
  digest,
  type MailCheckOptions,
  type MailOptions,
  mailCheck,
  returned,
} from './commands/digest.js';
import { embed, type ImportOptions, importFile, type SearchOptions, search } from './commands/feed.js';
import { type IngestCommandOptions, ingest, type SubmitCommandOptions, submit } from './commands/ingest.js';
import { type InspectOptions, inspect, type PruneOptions, prune } from './commands/model.js';
import { type PapersOptions, papers } from './commands/papers.js';
import { type ReportOptions, report } from './commands/report.js';
import { type ReproduceOptions, reproduce } from './commands/reproduce.js';
import { type RunOptions, run } from './commands/run.js';
import { type ServeOptions, serve } from './commands/serve.js';
import { backup, check, restore, type UpkeepOptions } from './commands/upkeep.js';
import { refuseUnknown, UsageError } from './errors.js';
import type { Io } from './io.js';
import { version } from './machine.js';
import { day, share, wholeNumber } from './options.js';

const dataOption = ['--data <dir>', 'folder of the database', 'data'] as const;
const jsonOption = ['--json', 'write one JSON document'] as const;

/** The commands and their options. `finish` is told the exit code of the command that ran. */
export function createProgram(io: Io, finish: (exitCode: number) => void): Command {
  const program = new Command('evenkeel')
    .description('Daily papers that run: train neural networks in TypeScript, and a papers feed.')
    .version(version)
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns || 80,
      getErrHelpWidth: () => io.stderr.columns || 80,
      outputError: () => {},
    });
  addSiteCommands(program, io, finish);
  addExperimentCommands(program, io, finish);
  addModelCommands(program, io, finish);
  addFeedCommands(program, io, finish);
  for (const command of [program, ...program.commands.flatMap((each) => [each, ...each.commands])]) {
    command.exitOverride((error) => refuse(error, command));
  }
  return program;
}

type Finish = (exitCode: number) => void;

function addSiteCommands(program: Command, io: Io, finish: Finish): void {
  program
    .command('serve')
    .description('serve the site')
    .option('--port <number>', '0 picks a free one', wholeNumber('serve: --port', 0, 65535), 3000)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(...dataOption)
    .action(async (options: ServeOptions) => finish(await serve(io, options)));
  program
    .command('papers')
    .description('list the papers with their verdicts')
    .option('--family <family>', 'only papers of this family')
    .option(...jsonOption)
    .action(async (options: PapersOptions) => finish(await papers(io, options)));
}

function addExperimentCommands(program: Command, io: Io, finish: Finish): void {
  program
    .command('run')
    .description('run one experiment with one seed')
    .argument('<slug>', 'paper or example')
    .option('--arm <names...>', 'arms to run (default: those that run live on the site)')
    .option('--seed <number>', "default: the experiment's first seed", wholeNumber('run: --seed', 0))
    .option('--quick', 'a smaller budget')
    .option(...jsonOption)
    .action(async (slug: string, options: RunOptions) => finish(await run(io, slug, options)));
  program
    .command('reproduce')
    .description(
      'run experiments with all arms and seeds and record their verdicts; goes on where it was stopped',
    )
    .argument('[slugs...]', 'papers or examples (default: all that have an experiment)')
    .option('--out <dir>', 'folder of the results', 'results')
    .option(
      '--jobs <number>',
      'runs at the same time, each with one thread (default: as many as cores)',
      wholeNumber('reproduce: --jobs', 1),
    )
    .option(
      '--patience <seconds>',
      'how long a run may go without progress before it counts as failed',
      wholeNumber('reproduce: --patience', 1, 1_000_000),
      600,
    )
    .option('--report <path>', 'make report pages: a folder, or for one paper a file that ends in .html')
    .option(...jsonOption)
    .action(async (slugs: string[], options: ReproduceOptions) =>
      finish(await reproduce(io, slugs, options)),
    );
  program
    .command('report')
    .description('make pages from recorded results')
    .argument('[slugs...]', 'papers or examples (default: all that have results)')
    .option('--results <dir>', "folder of the results (default: results here, or the repository's)")
    .option('--out <path>', 'a folder, or for one paper a file that ends in .html', 'report')
    .action(async (slugs: string[], options: ReportOptions) => finish(await report(io, slugs, options)));
}

function addModelCommands(program: Command, io: Io, finish: Finish): void {
  const model = program.command('model').description('ONNX files: look into them, make them smaller');
  model
    .command('inspect')
    .description('show inputs, outputs, parameters, cost and operators of an ONNX file')
    .argument('<file>', 'an ONNX file')
    .option(
      '--length <number>',
      'of open axes other than the first, to tell what a call costs',
      wholeNumber('model inspect: --length', 1, 1_000_000),
    )
    .option(...jsonOption)
    .action(async (file: string, options: InspectOptions) => finish(await inspect(io, file, options)));
  model
    .command('prune')
    .description('remove channels from a classifier, fine-tune it, and write a smaller ONNX file')
    .argument('<file>', 'an ONNX file with one input and one output')
    .requiredOption(
      '--data <path>',
      'a CSV file with the class in its last column, or a folder with one folder of pictures a class',
    )
    .option('--method <method>', 'how channels are chosen: mask-sparsity or magnitude', 'mask-sparsity')
    .option('--flops <share>', 'share of the multiply-adds that may stay', share('model prune: --flops'), 0.5)
    .option(
      '--epochs <number>',
      'passes through the data in each training',
      wholeNumber('model prune: --epochs', 1, 100_000),
      10,
    )
    .option('--learning-rate <rate>', 'of the trainings', share('model prune: --learning-rate', 10), 0.01)
    .option(
      '--seed <number>',
      'of the held-out samples and the order',
      wholeNumber('model prune: --seed', 0),
      0,
    )
    .option('--out <file>', 'the smaller file (default: FILE.pruned.onnx beside the file)')
    .option(...jsonOption)
    .action(async (file: string, options: PruneOptions) => finish(await prune(io, file, options)));
}

function addFeedCommands(program: Command, io: Io, finish: Finish): void {
  const feed = program.command('feed').description('the papers feed');
  feed
    .command('import')
    .description('import a daily-papers page: its text, its HTML, or the JSON of its API')
    .argument('<file>', 'the saved page')
    .option(
      '--date <day>',
      "day it was saved (default: the one in the file's name, or its last change)",
      day('feed import: --date'),
    )
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (file: string, options: ImportOptions) => finish(await importFile(io, file, options)));
  feed
    .command('search')
    .description('search the papers')
    .argument('<query...>', 'words')
    .option('--limit <number>', 'most papers shown', wholeNumber('feed search: --limit', 1, 120), 20)
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (query: string[], options: SearchOptions) => finish(await search(io, query, options)));
  feed
    .command('embed')
    .description(
      'let the models of the search read the papers that they have not read; the site does so by itself',
    )
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (options: UpkeepOptions) => finish(await embed(io, options)));
  addSourceCommands(feed, io, finish);
  addDigestCommands(program, feed, io, finish);
  addUpkeepCommands(feed, io, finish);
}

function addSourceCommands(feed: Command, io: Io, finish: Finish): void {
  feed
    .command('ingest')
    .description('take papers in from arXiv; goes on where it was stopped')
    .option(
      '--source <source>',
      'arxiv: its search; rss: what it announces today; oai: all that changed in a set',
      'arxiv',
    )
    .option('--query <query>', 'of arxiv, such as "cat:cs.LG AND ti:pruning"')
    .option('--ids <ids>', 'of arxiv, instead of a query: ids with commas between them')
    .option('--set <set>', 'of rss, such as cs.LG,stat.ML; of oai, such as cs:cs:LG')
    .option('--versions', 'all versions of each paper (oai)')
    .option('--from <day>', 'first day of the first harvest (oai)', day('feed ingest: --from'))
    .option('--limit <number>', 'papers at the most (arxiv)', wholeNumber('feed ingest: --limit', 1, 30_000))
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (options: IngestCommandOptions) => finish(await ingest(io, options)));
  feed
    .command('submit')
    .description("put one paper of arXiv on a day's list")
    .argument('<arxiv-id>', 'such as 2501.04697')
    .option('--day <day>', 'whose list (default: today)', day('feed submit: --day'))
    .option(
      '--max-age <days>',
      'days since it was published',
      wholeNumber('feed submit: --max-age', 0, 100_000),
      14,
    )
    .option('--media <url>', 'a picture or film of it, https only')
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (id: string, options: SubmitCommandOptions) => finish(await submit(io, id, options)));
}

function addDigestCommands(program: Command, feed: Command, io: Io, finish: Finish): void {
  feed
    .command('digest')
    .description('send what is due by mail; the site does so by itself while it runs')
    .option('--dry-run', 'tell what would be sent, and send nothing')
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (options: DigestOptions) => finish(await digest(io, options)));
  feed
    .command('bounce')
    .description('take in a returned mail, a complaint or a wish to unsubscribe from standard input')
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (options: MailOptions) => finish(await returned(io, options)));
  const mail = program.command('mail').description('the mail of the digest');
  mail
    .command('check')
    .description('print the DNS records that mail needs, and try the mail server')
    .option('--dns', 'look the records up, and tell which are missing or others')
    .option(...jsonOption)
    .action(async (options: MailCheckOptions) => finish(await mailCheck(io, options)));
  mail
    .command('allow')
    .description('let mail go again to an address that did not exist or complained')
    .argument('<address>', 'such as name@example.org')
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (address: string, options: MailOptions) => finish(await allow(io, address, options)));
}

function addUpkeepCommands(feed: Command, io: Io, finish: Finish): void {
  feed
    .command('backup')
    .description('copy the embedded database into a file while the site runs')
    .argument('<file>', 'a file that is not there yet')
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (file: string, options: UpkeepOptions) => finish(await backup(io, file, options)));
  feed
    .command('restore')
    .description('put a backup in the place of the embedded database; the site must not run')
    .argument('<file>', 'a file that feed backup made')
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (file: string, options: UpkeepOptions) => finish(await restore(io, file, options)));
  feed
    .command('check')
    .description('tell every setting, what is wrong or missing, and whether database and mail server answer')
    .option(...dataOption)
    .option(...jsonOption)
    .action(async (options: UpkeepOptions) => finish(await check(io, options)));
}

/** Commander's errors in our words: one line, naming the command and what it would have understood. */
function refuse(error: CommanderError, command: Command): never {
  const name = pathOf(command);
  const got = error.message.match(/'(.*)'/s)?.[1] ?? '';
  if (error.code === 'commander.unknownOption') {
    const known = [...command.options.map((option) => option.long!), '--help'];
    refuseUnknown(`${name}: option`, got, 'one', known);
  }
  if (error.code === 'commander.unknownCommand') {
    const known = command.commands.map((each) => each.name());
    refuseUnknown(`${name}: command`, got, 'one', known);
  }
  if (error.exitCode === 0 || error.code === 'commander.help') throw error;
  throw new UsageError(
    `${name}: ${error.message.replace(/^error: |\.$/g, '')}; see ${command.parent ? `evenkeel ${name}` : name} --help`,
  );
}

/** Such as `feed import`; the program itself is `evenkeel`. */
function pathOf(command: Command): string {
  return command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
