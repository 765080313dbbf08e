// What depends on what time it is goes by the service's clock, however wrong the reader's is.
import { beforeEach, expect, test, vi } from 'vitest';

const zone = 'Europe/Berlin';
process.env.TZ = zone;

/** When it is noon at the service. */
const noon = Date.parse('2024-05-20T12:00:00Z');

beforeEach(() => {
  vi.resetModules();
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

/** The page's modules, as a reader has them whose clock is off by so much. */
async function reader(off: number, at = noon) {
  vi.useFakeTimers({ now: at + off });
  const clock = await import('../src/ui/serviceClock');
  return { ...clock, ...(await import('../src/ui/Time')) };
}

const text = (ms: number) => new Date(ms).toISOString();

for (const minutes of [-600, -3, 0, 3, 600]) {
  test(`a reader’s clock that is ${minutes} min off counts for nothing`, async () => {
    const r = await reader(minutes * 60_000);
    const sent = Date.now();
    vi.advanceTimersByTime(200); // the answer's way
    r.heardTime(text(noon + 100), { sent });
    expect(r.now()).toBe(noon + 100);
    expect(r.nowText()).toBe(text(noon + 100));
    vi.advanceTimersByTime(60_000);
    expect(r.now()).toBe(noon + 60_100);
  });
}

test('before the service told its time, the reader’s own counts, and nothing is said of embargoes', async () => {
  const r = await reader(180_000);
  expect(r.now()).toBe(noon + 180_000);
  expect(r.serviceNow()).toBeUndefined();
});

test('a slow answer makes the clock no worse', async () => {
  const r = await reader(0);
  r.heardTime(text(noon), { sent: noon });
  vi.advanceTimersByTime(20_000);
  // Asked 20 s ago, and answered after 1 s.
  r.heardTime(text(noon + 1000), { sent: noon });
  expect(r.now()).toBe(noon + 20_000);
});

test('what wasn’t asked for, and may have waited, only sets the clock forward', async () => {
  const r = await reader(0);
  r.heardTime(text(noon), { sent: noon });
  vi.advanceTimersByTime(3_600_000); // the page was frozen
  r.heardTime(text(noon + 15_000), { sent: -Infinity });
  expect(r.now()).toBe(noon + 3_600_000);
  r.heardTime(text(noon + 3_700_000), { sent: -Infinity });
  expect(r.now()).toBe(noon + 3_700_000);
});

test('a clock that is set meanwhile, here or there, is followed with the next answer', async () => {
  const r = await reader(0);
  r.heardTime(text(noon), { sent: noon });
  vi.setSystemTime(noon + 3_600_000); // the reader's, forward
  r.heardTime(text(noon + 10), { sent: Date.now() - 10 });
  expect(r.now()).toBe(noon + 10);
  r.heardTime(text(noon - 60_000), { sent: Date.now() }); // the service's, back
  expect(r.now()).toBe(noon - 60_000);
});

test('a time that can’t be read changes nothing', async () => {
  const r = await reader(5_000);
  for (const wrong of [undefined, null, '', 'soon']) r.heardTime(wrong, { sent: Date.now() });
  expect(r.serviceNow()).toBeUndefined();
});

test('today and yesterday are the service’s, in the reader’s zone', async () => {
  // 23:30 in Berlin; the reader's clock says that it is half an hour after midnight.
  const at = Date.parse('2024-05-20T21:30:00Z');
  const r = await reader(3_600_000, at);
  r.heardTime(text(at), { sent: Date.now() });
  expect(r.dayHeading('2024-05-20T21:00:00Z')).toBe('Today, Monday, 20 May 2024');
  expect(r.dayHeading('2024-05-19T21:00:00Z')).toBe('Yesterday, Sunday, 19 May 2024');
  vi.advanceTimersByTime(3_600_000);
  expect(r.dayHeading('2024-05-20T21:00:00Z')).toBe('Yesterday, Monday, 20 May 2024');
});

/** Answers every request after so many milliseconds, with the service's time and a proxy's. */
function answering(after: number, now: () => number) {
  const headers = () => ({
    'Content-Type': 'application/json',
    'Copytaster-Now': text(now()),
    Date: new Date(now() + 120_000).toUTCString(),
  });
  const answer = vi.fn(async () => {
    await new Promise((done) => setTimeout(done, after));
    return new Response('{"hits":[]}', { headers: headers() });
  });
  vi.stubGlobal('fetch', answer);
  return answer;
}

test('an answer that says what time it is corrects the clock, whatever a proxy says', async () => {
  const r = await reader(180_000);
  answering(50, () => Date.now() - 180_000);
  const { answered, client } = await import('../src/api/client');
  const asked = answered(client.GET('/v1/me', {}));
  await vi.advanceTimersByTimeAsync(50);
  await asked;
  expect(r.now()).toBe(noon + 50);
});

test('a list was asked for when it was asked for: early, and with a clock that only its answer corrected', async () => {
  const off = 8 * 3_600_000;
  const r = await reader(off);
  const answer = answering(6_000, () => Date.now() - off);
  const { askEarly, hits } = await import('../src/api/search');
  const address = new URLSearchParams('q=niger');
  askEarly(address);
  await vi.advanceTimersByTimeAsync(5_000);
  const page = hits(address, 'time', undefined, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(1_000);
  await page.answer;
  expect(answer).toHaveBeenCalledTimes(1);
  expect(r.atService(page.at)).toBe(noon);
});

test('the document’s time is right also where the machine slept since the browser began to count', async () => {
  const r = await reader(180_000);
  vi.stubGlobal('performance', {
    timeOrigin: Date.now() - 8 * 3_600_000,
    now: () => 1_000,
    getEntriesByType: () => [{ transferSize: 1, requestStart: 100, responseStart: 300 }],
  });
  document.documentElement.dataset.opened = JSON.stringify({ now: text(noon - 700) });
  await import('../src/opened');
  delete document.documentElement.dataset.opened;
  vi.unstubAllGlobals();
  expect(r.now()).toBe(noon);
});
