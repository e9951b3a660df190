import { spawnSync } from 'node:child_process';
import { benchFolder, requirements, virtualEnvironment } from '../peerCommands.js';

/** Installs the peers: Python's into a virtual environment, those of JavaScript beside the benchmarks. */
export async function install(): Promise<{ results: readonly string[]; failed: boolean }> {
  const system = process.platform === 'win32' ? 'python' : 'python3';
  run(system, ['-m', 'venv', virtualEnvironment]);
  run(`${virtualEnvironment}/bin/python`, ['-m', 'pip', 'install', '--requirement', requirements]);
  // On Windows npm is a script, which only a shell starts.
  run('npm', ['install', '--no-workspaces', '--prefix', benchFolder], process.platform === 'win32');
  return { results: [virtualEnvironment], failed: false };
}

function run(program: string, parameters: readonly string[], shell = false): void {
  const { status, error } = spawnSync(program, parameters, { stdio: 'inherit', shell });
  if (status !== 0) {
    throw new Error(
      `install: ${program} ${parameters.join(' ')}: ${error?.message ?? `ended with ${status}`}`,
    );
  }
}
