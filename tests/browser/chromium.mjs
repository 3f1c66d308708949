// Starting Debian's headless Chromium in the network namespace that tests/browser/run made.
import { chromium } from 'playwright-core';

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required', '--allow-loopback-in-peer-connection',
  '--ignore-certificate-errors',
];

export async function openBrowser() {
  return chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: flags });
}

// A page that remembers what went wrong in it.
export async function openPage(browser, url) {
  const page = await browser.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error));
  await page.goto(url);
  return page;
}

// Sum of the numeric fields named, over all getStats reports of one type and kind.
export function sumStats(reports, type, kind, ...names) {
  const sums = Object.fromEntries(names.map((name) => [name, 0]));
  for (const report of reports)
    if (report.type === type && report.kind === kind)
      for (const name of names) sums[name] += report[name] ?? 0;
  return sums;
}

export function within(share, a, b) {
  return Math.abs(a - b) <= share * Math.max(Math.abs(a), Math.abs(b));
}

// Until a page of the reference server is in this state.
export async function inState(page, state) {
  await page.waitForFunction((wanted) => window.caseload?.state === wanted, state, { timeout: 30000, polling: 50 });
}
