import { Command, type CommanderError } from 'commander';
import { type ImportOptions, importFile, type SearchOptions, search } from './commands/feed.js';
import { type PapersOptions, papers } from './commands/papers.js';
import { type ReproduceOptions, reproduce } from './commands/reproduce.js';
import { type RunOptions, run } from './commands/run.js';
import { type ServeOptions, serve } from './commands/serve.js';
import { refuseUnknown, UsageError } from './errors.js';
import type { Io } from './io.js';
import { version } from './machine.js';
import { day, wholeNumber } from './options.js';

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
    .argument('<slug>', 'paper')
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
    .argument('[slugs...]', 'papers (default: all that have an experiment)')
    .option('--out <dir>', 'folder of the results', 'results')
    .option(...jsonOption)
    .action(async (slugs: string[], options: ReproduceOptions) =>
      finish(await reproduce(io, slugs, options)),
    );
}

function addFeedCommands(program: Command, io: Io, finish: Finish): void {
  const feed = program.command('feed').description('the papers feed');
  feed
    .command('import')
    .description('import a daily-papers page saved as text')
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
