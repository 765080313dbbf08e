// What was answered, and what is done where an answer can't be had.
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './client';

/** The longest that is waited before something is asked again, in milliseconds. */
const longest = 30_000;

/** The longest that a timer can be, in milliseconds: beyond it would be over at once. */
export const longestTimer = 2 ** 31 - 1;

/** After how many milliseconds it is asked again: as the service says, else twice as long each time. */
export function waitFor(times: number, error: unknown): number {
  const said = error instanceof ApiError ? error.retryAfter : undefined;
  if (said === undefined) return Math.min(1000 * 2 ** times, longest);
  // Never without a pause, and not all readers in the same second.
  return Math.min((Math.max(said, 1) + Math.random()) * 1000, longestTimer);
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
  // Lists are kept for a minute, also one that was put in before anybody looked at it.
  cache.setQueryDefaults(['hits'], { gcTime: 60_000 });
  // A network that is back is no reason to ask who said how long to wait.
  addEventListener('online', () => void askAgain(cache, (e) => !(e instanceof ApiError && e.problem.status === 429)));
  return cache;
}

/** Asks at once for all that failed last, or for what failed so, instead of waiting. */
export async function askAgain(cache: QueryClient, so = (_: Error | null) => true): Promise<void> {
  const failed = cache.getQueryCache().findAll({
    type: 'active',
    predicate: ({ state }) =>
      (state.status === 'error' || state.fetchFailureCount > 0) && so(state.fetchFailureReason ?? state.error),
  });
  // A list that lacked its next page asks for that by itself: all the pages before it are there.
  const whole = new Set(failed.filter(({ state }) => !state.fetchMeta?.fetchMore).map((q) => q.queryHash));
  await Promise.all(failed.map((q) => cache.cancelQueries({ queryKey: q.queryKey, exact: true })));
  await cache.refetchQueries({ predicate: (q) => whole.has(q.queryHash) });
}
