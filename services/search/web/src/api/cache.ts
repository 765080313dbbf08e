// What was answered, and what is done where an answer can't be had.
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './client';

/** The longest that is waited before something is asked again, in milliseconds. */
const longest = 30_000;

/** After how many milliseconds it is asked again: as the service says, else twice as long each time. */
export function waitFor(times: number, error: unknown): number {
  const said = error instanceof ApiError ? error.retryAfter : undefined;
  return said === undefined ? Math.min(1000 * 2 ** times, longest) : said * 1000;
}

/** What was answered is asked for anew when it is looked at again: a killed article must not come back from a cache. */
export function makeCache(): QueryClient {
  const cache = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        networkMode: 'always', // what can't be reached says so
        refetchOnWindowFocus: false,
        // What passes is waited for, however long it takes; the page says what it waits for.
        retry: (_, error) => error instanceof ApiError && error.passes,
        retryDelay: waitFor,
      },
    },
  });
  addEventListener('online', () => void askAgain(cache));
  return cache;
}

/** Asks at once for all that failed last, instead of waiting. */
export async function askAgain(cache: QueryClient): Promise<void> {
  const failed = cache.getQueryCache().findAll({
    type: 'active',
    predicate: ({ state }) => state.status === 'error' || state.fetchFailureCount > 0,
  });
  // A list that lacked its next page asks for that by itself: all the pages before it are there.
  const whole = new Set(failed.filter(({ state }) => !state.fetchMeta?.fetchMore).map((q) => q.queryHash));
  await Promise.all(failed.map((q) => cache.cancelQueries({ queryKey: q.queryKey, exact: true })));
  await cache.refetchQueries({ predicate: (q) => whole.has(q.queryHash) });
}
