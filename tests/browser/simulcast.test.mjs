// Chromium sends three encodings, by RID and without SSRCs, and the server forwards what a receiver's limit allows:
// the limit changes every few seconds, the picture of the other Chromium with it, and never stands still for longer
// than it takes to get a key frame. Witnesses: what the sender negotiated and sends, and what the receiver decodes.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { inState, openBrowser, openPage } from './chromium.mjs';
import { account, link, startPlatform, until } from './platform.mjs';

const TURN_S = 6, TURNS = 6;
// A key request waits at most 200 ms for the last one, and then for a frame and both ways.
const STILL_MS = 1000;
let browser;

before(async () => {
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
});

async function meet(platform) {
  const nurse = await openPage(browser, `${platform.url}/staff?simulcast`);
  await nurse.fill('#username', account.username);
  await nurse.fill('#password', account.password);
  await nurse.click('#sign-in button');
  await inState(nurse, 'ready');
  const patient = await openPage(browser, `${platform.url}/c/${link}`);
  await patient.fill('#name', 'Ann');
  await patient.click('#enter');
  await inState(patient, 'waiting');
  await nurse.click('[data-act=join]');
  await Promise.all([nurse, patient].map((page) => inState(page, 'in_call')));
  return { nurse, patient };
}

const sending = (page) => page.evaluate(async () => (await caseload.stats())
  .filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')
  .map(({ rid, framesSent = 0, frameHeight = 0, active }) => ({ rid, framesSent, frameHeight, active })));

const decoding = (page) => page.evaluate(async () => (await caseload.stats())
  .filter(({ type, kind, framesDecoded }) => type === 'inbound-rtp' && kind === 'video' && framesDecoded > 0)
  .map(({ framesDecoded, frameHeight, freezeCount, totalFreezesDuration, framesDropped }) =>
    ({ framesDecoded, frameHeight, freezeCount, totalFreezesDuration, framesDropped }))[0]);

/* Heights seen, and the longest time without another decoded frame. */
async function watch(page, seconds) {
  const heights = new Map();
  let last = await decoding(page), since = Date.now(), longest = 0;
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; await sleep(50)) {
    const now = await decoding(page);
    if (now.framesDecoded > last.framesDecoded) {
      longest = Math.max(longest, Date.now() - since);
      since = Date.now();
    }
    heights.set(now.frameHeight, (heights.get(now.frameHeight) ?? 0) + 1);
    last = now;
  }
  return { heights: [...heights.keys()].sort((a, b) => a - b), longest: Math.max(longest, Date.now() - since), last };
}

test('Chromium sends simulcast and a receiver follows its limit', { timeout: 180000 }, async () => {
  const platform = await startPlatform('--receiver-limit', `4000,250@${TURN_S}`);
  try {
    const { nurse, patient } = await meet(platform);
    const answer = await nurse.evaluate(() => caseload.pc.remoteDescription.sdp);
    assert.match(answer, /a=simulcast:recv q;h;f/);
    const offer = await nurse.evaluate(() => caseload.pc.localDescription.sdp);
    assert.doesNotMatch(offer.split('m=')[2], /a=ssrc:/, 'streams are told apart by RID');
    await until('all three encodings are sent', async () =>
      (await sending(nurse)).filter(({ framesSent }) => framesSent > 30).length === 3, 60000);
    await until('frames', async () => (await decoding(patient))?.framesDecoded > 30, 30000);

    const { heights, longest, last } = await watch(patient, TURN_S * TURNS);
    assert(heights.length >= 2, `only ${heights} lines were seen`);
    assert(heights.at(-1) >= 2 * heights[0], `${heights}`);
    assert(longest < STILL_MS, `the picture stood still for ${longest} ms`);
    console.log(`# heights ${heights}, longest without a frame ${longest} ms, ${last.freezeCount} freezes of `
      + `${last.totalFreezesDuration} s, ${last.framesDropped} of ${last.framesDecoded} frames dropped`);
    for (const page of [nurse, patient]) assert.deepEqual(page.faults, []);
  } finally {
    await platform.stop();
  }
});
