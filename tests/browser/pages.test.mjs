// The reference server's own pages: a patient and a clinician in Chromium meet in a call, see and
// hear each other, are put on hold (then nothing arrives any more), meet again, and end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { openBrowser, sumStats } from './chromium.mjs';

const fixture = {
  schema: 'caseload/fixture/1', password_cost: 'load', organisation: { name: 'Organisation' },
  clinics: [{ name: 'Clinic 1', link: 'clinic-1' }],
  staff: [{ username: 'nurse', password: 'secret', name: 'Nurse', roles: [{ clinic: 'Clinic 1', role: 'team_member' }] }],
};
let folder, server, browser, url;

async function startServer(port) {
  const announced = join(folder, 'announced');
  await rm(announced, { force: true });
  server = spawn(join(process.env.CASELOAD_BIN, 'caseload-server'), [
    '--listen', `127.0.0.1:${port}`, '--fixture', join(folder, 'fixture.json'), '--announce', announced],
    { stdio: ['ignore', 'ignore', 'inherit'] });
  url = null;
  for (let i = 0; !url; i++) {
    assert(i < 100, 'the server does not announce itself');
    await sleep(100);
    url = await readFile(announced, 'utf8').then((text) => JSON.parse(text).url, () => null);
  }
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caseload-pages-'));
  await writeFile(join(folder, 'fixture.json'), JSON.stringify(fixture));
  await startServer(0);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  server?.kill('SIGTERM');
  await rm(folder, { recursive: true, force: true });
});

const received = async (page) => {
  const reports = await page.evaluate(() => caseload.stats());
  return { ...sumStats(reports, 'inbound-rtp', 'video', 'framesDecoded'),
    ...sumStats(reports, 'inbound-rtp', 'audio', 'packetsReceived', 'totalAudioEnergy') };
};

async function until(what, check, limit = 20000) {
  for (const end = Date.now() + limit; ;) {
    const value = await check();
    if (value) return value;
    assert(Date.now() < end, `waited too long: ${what}`);
    await sleep(100);
  }
}

const inState = (page, state) => until(`state ${state}`, () => page.evaluate((wanted) => caseload.state === wanted, state));
const connected = (page) => until('a transport', () => page.evaluate(() => caseload.pc?.connectionState === 'connected'));
const both = (pages, what) => Promise.all(pages.map(what));
const talking = (page) => until('media', async () => {
  const now = await received(page);
  return now.framesDecoded >= 100 && now.packetsReceived >= 100 && now.totalAudioEnergy > 0;
}, 60000);

test('two pages meet, hold, meet again and end', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const patient = await context.newPage(), nurse = await context.newPage();
  const faults = [];
  for (const page of [patient, nurse]) page.on('pageerror', (error) => faults.push(error));

  await nurse.goto(`${url}/staff`);
  await nurse.fill('#username', 'nurse');
  await nurse.fill('#password', 'secret');
  await nurse.click('#sign-in button');
  await inState(nurse, 'ready');

  await patient.goto(`${url}/c/clinic-1`);
  await patient.fill('#name', 'Ann');
  await patient.click('#enter');
  await inState(patient, 'waiting');
  await connected(patient);
  assert.equal((await received(patient)).packetsReceived, 0, 'media while waiting');

  await nurse.click('[data-act=join]');
  await both([patient, nurse], (page) => inState(page, 'in_call'));
  await both([patient, nurse], talking);

  await nurse.click('[data-act=hold]');
  await inState(patient, 'on_hold');
  await sleep(500);
  const quiet = await received(patient);
  await sleep(2000);
  assert.equal((await received(patient)).packetsReceived, quiet.packetsReceived, 'media on hold');

  const before = (await received(patient)).framesDecoded;
  await nurse.click('[data-act=join]');
  await inState(patient, 'in_call');
  await until('frames again', async () => (await received(patient)).framesDecoded >= before + 30);

  await nurse.click('[data-act=end]');
  await inState(patient, 'ended');
  assert.deepEqual(faults, []);
  await context.close();
});

test('who waits comes back by itself to a server that was killed and began anew', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const patient = await context.newPage();
  await patient.goto(`${url}/c/clinic-1`);
  await patient.fill('#name', 'Ann');
  await patient.click('#enter');
  await inState(patient, 'waiting');
  await connected(patient);
  const space = await patient.evaluate(() => caseload.space);

  const ended = new Promise((done) => server.on('exit', done));
  server.kill('SIGKILL');
  await ended;
  await inState(patient, 'lost');
  await startServer(new URL(url).port);
  await inState(patient, 'waiting');
  assert.notEqual(await patient.evaluate(() => caseload.space), space);
  await context.close();
});
