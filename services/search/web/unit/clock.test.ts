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

test('a slow answer, and whole seconds, make the clock no worse', async () => {
  const r = await reader(0);
  r.heardTime(text(noon), { sent: noon });
  vi.advanceTimersByTime(20_000);
  // Asked 20 s ago, and answered after 1 s.
  r.heardTime(text(noon + 1000), { sent: noon, coarse: 1000 });
  expect(r.now()).toBe(noon + 20_000);
  vi.advanceTimersByTime(700);
  r.heardTime(text(noon + 20_000), { sent: Date.now(), coarse: 1000 });
  expect(r.now()).toBe(noon + 20_700);
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

test('an answer that says what time it is corrects the clock', async () => {
  const r = await reader(180_000);
  vi.stubGlobal('fetch', async () => {
    vi.advanceTimersByTime(50);
    return new Response('{}', { headers: { 'Content-Type': 'application/json', Date: new Date(noon).toUTCString() } });
  });
  const { answered, client } = await import('../src/api/client');
  await answered(client.GET('/v1/me', {}));
  expect(Math.abs(r.now() - noon)).toBeLessThan(1_000);
});
