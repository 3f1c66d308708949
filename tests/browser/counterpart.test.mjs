// The reference server's pages in Chromium with a synthetic counterpart: Chromium as patient, Chromium as
// clinician. Both directions decode, and what Chromium counts is what we count.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inState, openBrowser, openPage, sumStats, within } from './chromium.mjs';
import { account, assertPassed, link, startPlatform, until } from './platform.mjs';

const FRAMES = 120; // so many that what is on its way when both count is below the tolerance
let platform, browser;

before(async () => {
  platform = await startPlatform();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await platform?.stop();
});

const framesDecoded = async (page) =>
  sumStats(await page.evaluate(() => caseload.stats()), 'inbound-rtp', 'video', 'framesDecoded').framesDecoded;

// Chromium's counts; in the same instant the counterpart is asked for theirs.
async function countTogether(page) {
  await until('frames decoded', async () => (await framesDecoded(page)) >= FRAMES, 60000);
  if (process.env.SCREENSHOTS) // a folder, for a look at the pages
    await page.screenshot({ path: `${process.env.SCREENSHOTS}/${await page.title()}.png` });
  return page.evaluate(async () => {
    const card = document.querySelector('[data-card]')?.dataset.card;
    const [reports] = await Promise.all([caseload.stats(), live.request('chat.send', { ...(card && { card }), text: 'count' })]);
    return reports;
  });
}

function compare(reports, summary) {
  const ours = (name) => summary.metrics[`story.${name}`].max;
  const video = sumStats(reports, 'inbound-rtp', 'video', 'framesReceived', 'framesDecoded', 'framesDropped', 'packetsReceived', 'packetsLost', 'keyFramesDecoded');
  const audio = sumStats(reports, 'inbound-rtp', 'audio', 'packetsReceived', 'totalAudioEnergy');
  const sentVideo = sumStats(reports, 'outbound-rtp', 'video', 'framesEncoded', 'packetsSent', 'retransmittedPacketsSent');
  const sentAudio = sumStats(reports, 'outbound-rtp', 'audio', 'packetsSent');
  const counts = Object.fromEntries(['audio_packets_sent', 'video_packets_sent', 'frames_sent', 'foreign_audio_packets',
    'foreign_video_packets', 'foreign_frames'].map((name) => [name, ours(name)]));
  console.log(JSON.stringify({ counts, video, audio, sentVideo, sentAudio }));

  assert.ok(video.framesDecoded >= 100, 'Chromium decodes our stamped frames');
  assert.ok(video.keyFramesDecoded >= 1);
  assert.equal(video.packetsLost, 0);
  assert.ok(video.framesReceived - video.framesDecoded <= 10, 'Chromium decodes what it gets');
  assert.ok(audio.totalAudioEnergy > 0, 'Chromium hears our speech');
  assert.ok(counts.foreign_frames >= 100, 'Chromium\'s frames arrive whole');
  assert.ok(within(0.05, counts.video_packets_sent, video.packetsReceived), 'video packets to Chromium');
  assert.ok(within(0.05, counts.frames_sent, video.framesReceived), 'frames to Chromium');
  assert.ok(within(0.02, counts.audio_packets_sent, audio.packetsReceived), 'audio packets to Chromium');
  // Chromium counts the repeats and the padding it probes for bandwidth with as sent.
  assert.ok(within(0.05, counts.foreign_frames, sentVideo.framesEncoded), 'frames of Chromium');
  assert.ok(counts.foreign_video_packets <= sentVideo.packetsSent
    && counts.foreign_video_packets >= 0.85 * sentVideo.packetsSent, 'video packets of Chromium');
  assert.ok(within(0.02, counts.foreign_audio_packets, sentAudio.packetsSent), 'audio packets of Chromium');
}

test('Chromium is the patient of a synthetic clinician', async () => {
  const run = platform.play('clinician');
  const page = await openPage(browser, platform.url + `/c/${link}`);
  await page.fill('#name', 'Browser patient');
  await page.click('#enter');
  await run.during(inState(page, 'in_call'));
  const reports = await run.during(countTogether(page));
  await inState(page, 'ended');
  const result = await run.end();
  assertPassed(result);
  compare(reports, result.summary);
  assert.deepEqual(page.faults, []);
  await page.close();
});

test('Chromium is the clinician of a synthetic patient', async () => {
  const page = await openPage(browser, platform.url + '/staff');
  await page.fill('#username', account.username);
  await page.fill('#password', account.password);
  await page.click('#sign-in button');
  await inState(page, 'ready');
  const run = platform.play('patient');
  await run.during(page.click('[data-act=join]'));
  await run.during(inState(page, 'in_call'));
  const reports = await run.during(countTogether(page));
  await page.click('[data-act=end]');
  await inState(page, 'ready');
  const result = await run.end();
  assertPassed(result);
  compare(reports, result.summary);
  assert.deepEqual(page.faults, []);
  await page.close();
});
