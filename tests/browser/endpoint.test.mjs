// One endpoint of ours against Chromium, as offerer and as answerer: both directions decode, and the
// counts of both sides agree.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import path from 'node:path';
import { openBrowser, sumStats, within } from './chromium.mjs';

const peerProgram = path.join(process.env.CASELOAD_BIN, '..', 'tests', 'endpoint_peer');
const SECONDS = 10;
let browser, web, origin;

before(async () => {
  web = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><video id=v autoplay playsinline></video>');
  });
  await new Promise((done) => web.listen(0, '127.0.0.1', done));
  origin = `http://localhost:${web.address().port}/`;
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  web?.close();
});

// Page side: an RTCPeerConnection with the fake camera; descriptions travel through window.send.
async function openPage(sendToPeer) {
  const page = await browser.newPage();
  await page.exposeFunction('toPeer', sendToPeer);
  await page.goto(origin);
  await page.evaluate(async () => {
    const pc = (window.pc = new RTCPeerConnection());
    pc.onicecandidate = ({ candidate }) =>
      candidate && window.toPeer({ candidate: candidate.candidate });
    pc.ontrack = ({ track }) => {
      const video = document.getElementById('v');
      video.srcObject ??= new MediaStream();
      video.srcObject.addTrack(track);
    };
    window.media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
    window.take = async (message) => {
      if (message.type === 'offer') {
        await pc.setRemoteDescription(message);
        for (const track of window.media.getTracks()) pc.addTrack(track, window.media);
        await pc.setLocalDescription(await pc.createAnswer());
        window.toPeer({ type: 'answer', sdp: pc.localDescription.sdp });
      } else if (message.type === 'answer') {
        await pc.setRemoteDescription(message);
      } else if (message.candidate) {
        await pc.addIceCandidate({ candidate: message.candidate, sdpMid: '0', sdpMLineIndex: 0 }).catch(() => {});
      }
    };
    window.offer = async () => {
      for (const kind of ['audio', 'video'])
        pc.addTransceiver(window.media.getTracks().find((t) => t.kind === kind), { streams: [window.media] });
      await pc.setLocalDescription(await pc.createOffer());
      window.toPeer({ type: 'offer', sdp: pc.localDescription.sdp });
    };
  });
  return page;
}

async function call(role) {
  const peer = spawn(peerProgram, [role, String(SECONDS)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const page = await openPage((message) => peer.stdin.write(JSON.stringify(message) + '\n'));
  const connected = Promise.withResolvers?.() ?? (() => {
    let resolve;
    const promise = new Promise((r) => (resolve = r));
    return { promise, resolve };
  })();
  let counts;
  const ended = new Promise((done) => peer.on('exit', done));
  const lines = createInterface({ input: peer.stdout });
  lines.on('line', (line) => {
    const message = JSON.parse(line);
    if (message.counts) counts = message.counts;
    else if (message.state) connected.resolve();
    else page.evaluate((m) => window.take(m), message).catch(() => {});
  });
  if (role === 'answer') await page.evaluate(() => window.offer());
  await Promise.race([connected.promise, ended]);
  await page.waitForTimeout((SECONDS - 1) * 1000);
  const reports = await page.evaluate(async () => [...(await window.pc.getStats()).values()]);
  peer.stdin.write('{"stop":true}\n'); // our counts are of the same moment
  const code = await ended;
  await page.close();
  assert.equal(code, 0);
  return { counts, reports };
}

for (const role of ['offer', 'answer']) {
  test(`endpoint as ${role}er: both directions decode, counts agree`, async () => {
    const { counts, reports } = await call(role);
    const video = sumStats(reports, 'inbound-rtp', 'video', 'framesDecoded', 'packetsReceived', 'packetsLost', 'keyFramesDecoded');
    const audio = sumStats(reports, 'inbound-rtp', 'audio', 'packetsReceived', 'totalAudioEnergy');
    const sent = sumStats(reports, 'outbound-rtp', 'video', 'framesEncoded', 'packetsSent', 'retransmittedPacketsSent');
    console.log(role, JSON.stringify({ counts, video, audio, sent }));
    assert.ok(video.framesDecoded >= 100, 'Chromium decodes our stamped frames');
    assert.ok(audio.totalAudioEnergy > 0, 'Chromium hears our speech');
    assert.ok(counts.framesReceived >= 100, 'we get Chromium\'s frames');
    assert.ok(counts.audioPacketsReceived > 100);
    assert.equal(video.packetsLost, 0);
    assert.equal(counts.takenOver, true);
    assert.ok(within(0.05, counts.videoPacketsSent, video.packetsReceived));
    // Chromium counts the repeats and the padding it probes for bandwidth with as sent.
    const received = counts.videoPacketsReceived + counts.videoRepairPacketsReceived;
    assert.ok(received <= sent.packetsSent && counts.videoPacketsReceived >= 0.85 * sent.packetsSent);
    assert.ok(within(0.05, counts.audioPacketsSent, audio.packetsReceived));
    assert.ok(within(0.05, counts.framesReceived, sent.framesEncoded));
  });
}
