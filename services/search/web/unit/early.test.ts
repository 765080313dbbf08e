// The first list, which is asked for before the page is there to show it.
import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const address = new URLSearchParams('q=flood');
const answer = { hits: [{ uri: 'urn:a', revision: '1' }], total: { value: 1, exact: true } };

let asked: string[];
let reply: (response: Response) => void;

async function modules() {
  vi.resetModules();
  return { ...(await import('../src/api/search')), ...(await import('../src/search/hits')) };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  asked = [];
  const answered = new Promise<Response>((done) => {
    reply = done;
  });
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(request.url);
    return (await answered).clone();
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

test('an answer that is there is in the cache, from when it was asked for, and nobody asks again', async () => {
  const { askEarly, awaitEarly, keys, chosen } = await modules();
  const cache = new QueryClient();
  const began = Date.now();
  askEarly(address);
  vi.advanceTimersByTime(100);
  reply(json(answer));
  await awaitEarly(cache, address, 150);
  const state = cache.getQueryState<{ pages: (typeof answer)[] }>(keys.hits(chosen(address), 'time'));
  expect(state?.data?.pages[0]?.hits).toEqual(answer.hits);
  expect(state?.dataUpdatedAt).toBe(began);
  expect(asked).toHaveLength(1);
});

test('one that is late is for who asks for the list', async () => {
  const { askEarly, awaitEarly, hits, keys, chosen } = await modules();
  const cache = new QueryClient();
  askEarly(address);
  const waited = awaitEarly(cache, address, 150);
  await vi.advanceTimersByTimeAsync(150);
  await waited;
  expect(cache.getQueryState(keys.hits(chosen(address), 'time'))).toBeUndefined();
  const page = hits(chosen(address), 'time', undefined, new AbortController().signal);
  reply(json(answer));
  expect((await page.answer).hits).toEqual(answer.hits);
  expect(asked).toHaveLength(1);
});

test('one that fails is told to who asks for the list', async () => {
  const { askEarly, awaitEarly, hits, keys, chosen } = await modules();
  const cache = new QueryClient();
  askEarly(address);
  reply(json({ type: 'about:blank', title: 'Not now', status: 503 }, 503));
  await awaitEarly(cache, address, 150);
  expect(cache.getQueryState(keys.hits(chosen(address), 'time'))).toBeUndefined();
  await expect(hits(chosen(address), 'time', undefined, new AbortController().signal).answer).rejects.toThrow(
    'Not now',
  );
  expect(asked).toHaveLength(1);
});

test('one that is old, or of another search, is no answer', async () => {
  const { askEarly, awaitEarly, hits, keys, chosen } = await modules();
  const cache = new QueryClient();
  askEarly(address);
  reply(json(answer));
  const other = new URLSearchParams('q=storm');
  await awaitEarly(cache, other, 150);
  expect(cache.getQueryState(keys.hits(chosen(other), 'time'))).toBeUndefined();
  await vi.advanceTimersByTimeAsync(10_000);
  await awaitEarly(cache, address, 150);
  expect(cache.getQueryState(keys.hits(chosen(address), 'time'))).toBeUndefined();
  await hits(chosen(address), 'time', undefined, new AbortController().signal).answer;
  expect(asked).toHaveLength(2);
});
