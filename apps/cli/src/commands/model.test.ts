import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { importModel } from '@evenkeel/methods/model';
import { describe, expect, it } from 'vitest';
import { call, temporaryFolder } from '../testing/call.js';
import { classifierFile, threeClasses, threeFolders } from '../testing/classifierFile.js';

describe('model inspect', () => {
  it('tells what is in a file', async () => {
    const workingDir = await temporaryFolder();
    await writeFile(join(workingDir, 'net.onnx'), classifierFile());
    const shown = await call(['model', 'inspect', 'net.onnx'], { workingDir });
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toContain('input          image: float32 [n, 1, 6, 6]\n');
    expect(shown.stdout).toContain('output         scores: float32 [n, 3]\n');
    expect(shown.stdout).toMatch(/multiply-adds {2}\d,\d+ for one sample/);
    expect(shown.stdout).toContain(
      'operators      BatchNormalization 2, Conv 2, Relu 2, Flatten 1, Gemm 1\n',
    );
    const { stdout } = await call(['model', 'inspect', 'net.onnx', '--json'], { workingDir });
    const facts = JSON.parse(stdout);
    // 12 · 9 · 16 places, 12 · 12 · 9 · 4 places, and 48 · 3.
    expect(facts.multiplyAdds).toBe(12 * 9 * 16 + 12 * 12 * 9 * 4 + 48 * 3);
    expect(facts.operators.Conv).toBe(2);
  });

  it('refuses what is no model', async () => {
    const workingDir = await temporaryFolder();
    await writeFile(join(workingDir, 'net.onnx'), 'not a model');
    const wrong = await call(['model', 'inspect', 'net.onnx'], { workingDir });
    expect([wrong.exitCode, wrong.stdout]).toEqual([1, '']);
    const missing = await call(['model', 'inspect', 'no.onnx'], { workingDir });
    expect([missing.exitCode, missing.stderr]).toEqual([2, 'model inspect: no.onnx: no such file\n']);
  });
});

async function folderWithData(): Promise<string> {
  const workingDir = await temporaryFolder();
  await writeFile(join(workingDir, 'net.onnx'), classifierFile());
  await writeFile(join(workingDir, 'data.csv'), threeClasses(240));
  return workingDir;
}

describe('model prune', () => {
  it.each(['mask-sparsity', 'magnitude'])('writes a smaller file that does as well: %s', async (method) => {
    const workingDir = await folderWithData();
    const argv = [
      'model',
      'prune',
      'net.onnx',
      '--data',
      'data.csv',
      '--method',
      method,
      '--epochs',
      '12',
      '--json',
    ];
    const { exitCode, stdout, stderr } = await call(argv, { workingDir });
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('fine-tuning: done')]);
    const result = JSON.parse(stdout);
    expect(result.after.multiplyAdds).toBeLessThanOrEqual(0.5 * result.before.multiplyAdds);
    expect(result.after.parameters).toBeLessThan(result.before.parameters);
    expect(result.after.accuracy).toBeGreaterThan(0.9);
    expect(result.heldOut).toBe(48);
    expect(result.before.milliseconds).toBeGreaterThan(0);
    const bytes = await readFile(join(workingDir, 'net.pruned.onnx'));
    expect(bytes.length).toBe(result.bytes.after);
    expect(bytes.length).toBeLessThan(result.bytes.before);
    const model = await importModel(bytes);
    expect(model.inputs[0]).toEqual({ name: 'image', dtype: 'float32', shape: ['n', 1, 6, 6] });
    expect(model.outputs[0]!.name).toBe('scores');
    const again = await call([...argv.with(2, 'net.pruned.onnx'), '--epochs', '3'], { workingDir });
    const { before, after } = JSON.parse(again.stdout);
    expect(before.multiplyAdds).toBe(result.after.multiplyAdds);
    expect(after.multiplyAdds).toBeLessThanOrEqual(0.5 * before.multiplyAdds);
  });

  it('keeps whole blocks of channels where layers are wide', async () => {
    const workingDir = await folderWithData();
    await writeFile(join(workingDir, 'net.onnx'), classifierFile({ channels: 32 }));
    const argv = ['model', 'prune', 'net.onnx', '--data', 'data.csv', '--epochs', '1', '--json'];
    const kept = async (...more: string[]) => {
      const { channels } = JSON.parse((await call([...argv, ...more], { workingDir })).stdout);
      return Object.values<{ kept: number }>(channels).map((each) => each.kept);
    };
    expect(await kept('--method', 'magnitude', '--flops', '0.3')).toEqual([16, 16]);
    // Blocks of 16 would leave too little of the share.
    expect(await kept('--method', 'magnitude', '--flops', '0.5')).toEqual([20, 20]);
  });

  it('takes pictures in folders, and models that give probabilities', async () => {
    const workingDir = await temporaryFolder();
    await writeFile(join(workingDir, 'net.onnx'), classifierFile({ softmax: true }));
    for (const [path, bytes] of threeFolders(150)) {
      const file = join(workingDir, 'pictures', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes);
    }
    const argv = [
      'model',
      'prune',
      'net.onnx',
      '--data',
      'pictures',
      '--method',
      'magnitude',
      '--flops',
      '0.3',
    ];
    const { stdout } = await call([...argv, '--epochs', '20', '--json'], { workingDir });
    const result = JSON.parse(stdout);
    expect(result.after.multiplyAdds).toBeLessThanOrEqual(0.3 * result.before.multiplyAdds);
    expect(result.after.accuracy).toBeGreaterThan(0.9);
    const model = await importModel(await readFile(join(workingDir, 'net.pruned.onnx')));
    expect(model.operators.at(-1)).toBe('Softmax');
  });

  it('shows what was gained and lost', async () => {
    const workingDir = await folderWithData();
    const argv = [
      'model',
      'prune',
      'net.onnx',
      '--data',
      'data.csv',
      '--method',
      'magnitude',
      '--epochs',
      '1',
    ];
    const { stdout } = await call([...argv, '--out', 'small.onnx'], { workingDir });
    expect(stdout).toMatch(/^ +before +after\nmultiply-adds +7,056 +[1-3],\d+\n/);
    expect(stdout).toContain('accuracy on 48 held-out samples');
    expect(stdout.endsWith('Written to small.onnx\n')).toBe(true);
  });

  it('writes nothing when it is stopped', async () => {
    const workingDir = await folderWithData();
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    const argv = ['model', 'prune', 'net.onnx', '--data', 'data.csv'];
    const { exitCode, stderr } = await call(argv, { workingDir, signal: stop.signal });
    expect([exitCode, stderr]).toEqual([1, 'stopped\n']);
    await expect(readFile(join(workingDir, 'net.pruned.onnx'))).rejects.toThrow('ENOENT');
  });

  it('refuses bad input before work begins', async () => {
    const workingDir = await folderWithData();
    await writeFile(join(workingDir, 'short.csv'), 'a,class\n1,2\n');
    await writeFile(join(workingDir, 'many.csv'), threeClasses(20).replace(/,2$/gm, ',7'));
    const refused = async (...argv: string[]) => {
      const { exitCode, stdout, stderr } = await call(['model', 'prune', 'net.onnx', ...argv], {
        workingDir,
      });
      expect(stdout).toBe('');
      return `${exitCode}: ${stderr}`;
    };
    expect(await refused('--data', 'no.csv')).toBe('2: model prune: --data: no.csv: no such file\n');
    expect(await refused('--data', 'data.csv', '--method', 'magic')).toMatch(
      /^2: model prune: --method: got "magic", expected a method such as/,
    );
    expect(await refused('--data', 'data.csv', '--flops', '2')).toMatch(
      /^2: model prune: --flops: got "2", expected/,
    );
    expect(await refused('--data', 'data.csv', '--out', 'net.onnx')).toMatch(/^2: .*the file itself/);
    expect(await refused('--data', 'data.csv', '--out', 'no/net.onnx')).toMatch(/^2: .*no such file/);
    expect(await refused('--data', 'short.csv')).toBe(
      '1: data: the table has 2 columns, expected 37: the numbers of an input [1, 6, 6] and the class\n',
    );
    expect(await refused('--data', 'many.csv')).toBe(
      '1: data: there are 8 classes, but the model tells 3 apart\n',
    );
    expect(await refused('--data', 'data.csv', '--flops', '0.0001')).toMatch(
      /^1: .*the smallest model costs/,
    );
  });
});
