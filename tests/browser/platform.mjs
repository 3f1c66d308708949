// A reference server of the test's own and, against it, runs of stories: synthetic counterparts for a
// browser that looks at the server's pages. Everything that is started here ends with stop().
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = (name) => join(process.env.CASELOAD_BIN, name);
const stories = fileURLToPath(new URL('stories/', import.meta.url));

export const link = 'clinic-1-of-browsers';
export const account = { username: 'clinic-1.team_member.3', password: 'of the browser', name: 'Browser clinician' };

const member = { clinic: 'Clinic 1', role: 'team_member' };
const fixture = {
  schema: 'caseload/fixture/1', password_cost: 'load', organisation: { name: 'Organisation' },
  clinics: [{ name: 'Clinic 1', link }],
  staff: [
    { username: 'clinic-1.team_member.1', password: 'first of ours', name: 'Synthetic clinician 1', roles: [member] },
    { username: 'clinic-1.team_member.2', password: 'second of ours', name: 'Synthetic clinician 2', roles: [member] },
    { ...account, roles: [member] },
  ],
};

export async function until(what, check, limit = 20000) {
  for (const end = Date.now() + limit; ;) {
    const value = await check();
    if (value) return value;
    assert(Date.now() < end, `waited too long: ${what}`);
    await sleep(100);
  }
}

function start(name, args, options) {
  const child = spawn(program(name), args, options);
  child.ended = new Promise((done) => child.on('exit', (code, signal) => done(code ?? signal)));
  return child;
}

async function end(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  if (!(await Promise.race([child.ended.then(() => true), sleep(5000, false)]))) child.kill('SIGKILL');
}

export async function startPlatform(...options) {
  const folder = await mkdtemp(join(tmpdir(), 'caseload-browser-'));
  const fixtureFile = join(folder, 'fixture.json'), announced = join(folder, 'announced');
  await writeFile(fixtureFile, JSON.stringify(fixture));
  const server = start('caseload-server', ['--plain', '--listen', '127.0.0.1:0', '--media', '127.0.0.1:0',
    '--fixture', fixtureFile, '--announce', announced, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = await until('the server announces itself',
    () => readFile(announced, 'utf8').then((text) => JSON.parse(text).url, () => null));
  const running = new Set();

  /* One session of a story; its end() gives exit code, output and summary. */
  const play = (story) => {
    const out = join(folder, story), output = [];
    const child = start('caseload', ['run', join(stories, `${story}.lua`), '--url', url, '--plain',
      '--target-config', fixtureFile, '--sessions', '1', '--duration', '1s', '--timeout', '30s', '--seed', '1',
      '--out', out, '--quiet'], { stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => output.push(data));
    return {
      /* Wait for something that needs the counterpart: no longer than it lives. */
      async during(promise) {
        const early = child.ended.then((code) => assert.fail(`${story} ended with ${code}: ${Buffer.concat(output)}`));
        return Promise.race([promise, early]);
      },
      async end() {
        const code = await child.ended;
        running.delete(child);
        const text = Buffer.concat(output).toString();
        const summary = await readFile(join(out, 'summary.json'), 'utf8').then(JSON.parse, () => null);
        return { code, text, summary };
      },
    };
  };
  const stop = async () => {
    await Promise.all([...running, server].map(end));
    await rm(folder, { recursive: true, force: true });
  };
  return { url: url.replace('127.0.0.1', 'localhost'), play, stop };
}

/* Passed, or nothing to object but a generator that this busy machine kept from its schedule. */
export function assertPassed({ code, text, summary }) {
  assert(code === 0 || (code === 4 && summary && !summary.generator.healthy), `exit code ${code}\n${text}`);
}
