// The hits of an address, page after page.
import {
  type InfiniteData,
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { ApiError, type Hit, type Problem, type Result } from '../api/client';
import { chosen, earlyWithin, hits, keys, orderOf } from '../api/search';
import { reasonOf } from '../ui/Failed';
import { atService } from '../ui/serviceClock';
import { freshFor, taken } from './rows';

/** For how long what was answered isn't asked for again by itself, where no feed tells of it, in milliseconds. */
const justNow = 5_000;

export interface Hits {
  list: Hit[];
  total: Result['total'] | undefined;
  /** Of Elasticsearch, in milliseconds. */
  took: number | undefined;
  problem: Problem | undefined;
  /** Why what is there couldn't be asked for again, or not more of it. */
  trouble: { error: Error; of: 'all' | 'more' } | undefined;
  /** There is no more than the list has. */
  whole: boolean;
  /** What is shown is of the search before. */
  old: boolean;
  waiting: boolean;
  /** What is there is being asked for anew. */
  renewing: boolean;
  more: (() => void) | undefined;
  loadingMore: boolean;
  /** Asks once more for the next page, which couldn't be had. */
  moreAgain: () => void;
  retry: () => void;
  /** As retry, where nobody asked for it: what waits as long as the service says, waits on. */
  renew: () => void;
  /** When what is there was asked for, as milliseconds since 1970 by the service's clock; 0 where nothing is. */
  asked: number;
}

/** `watched` says that a live feed tells of this search: without one it is asked for again by itself. */
export const useHits = (address: URLSearchParams, watched: boolean): Hits => useFound(address, true, watched);

/** What the list has. Whoever comes to look at it doesn't have it asked for again. */
export const useHitsThere = (address: URLSearchParams): Hits => useFound(address, false, true);

function useFound(address: URLSearchParams, asks: boolean, watched: boolean): Hits {
  const search = chosen(address);
  const sort = orderOf(address);
  const cache = useQueryClient();
  const q = useInfiniteQuery({
    queryKey: keys.hits(search, sort),
    queryFn: async ({ signal, pageParam }) => {
      const { answer, at } = hits(search, sort, pageParam, signal);
      return { ...(await answer), at };
    },
    enabled: asks,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    // What comes in is told by the live feed; asking all pages anew would move what is read.
    staleTime: watched ? freshFor : justNow,
    // Each page is a request.
    refetchInterval: ({ state }) => (watched ? false : 60_000 * Math.max(state.data?.pages.length ?? 1, 1)),
  });
  const first = q.data?.pages[0];
  const there = q.data !== undefined && !q.isPlaceholderData;
  const error = reasonOf(q);
  const retry = async () => {
    const queryKey = keys.hits(search, sort);
    await cache.cancelQueries({ queryKey, exact: true });
    // From its first page: a long list would be many requests.
    cache.setQueryData<InfiniteData<Result>>(queryKey, (d) =>
      d ? { pages: d.pages.slice(0, 1), pageParams: d.pageParams.slice(0, 1) } : d,
    );
    await q.refetch();
  };
  const why = q.failureReason;
  const waits = q.isFetching && !q.isFetchingNextPage && why instanceof ApiError && why.retryAfter !== undefined;
  return {
    list: q.data?.pages.flatMap((p) => p.hits) ?? [],
    total: !there && error ? undefined : first?.total,
    took: first?.took_ms,
    // What is there stays, also if more of it can't be had now.
    problem: !there && error ? problemOf(error) : undefined,
    trouble:
      there && error ? { error, of: q.isFetchingNextPage || q.isFetchNextPageError ? 'more' : 'all' } : undefined,
    whole: !q.hasNextPage,
    old: q.isPlaceholderData,
    waiting: q.isPending,
    renewing: q.isFetching && !q.isFetchingNextPage,
    more: q.hasNextPage && !q.isFetching && there && !error ? () => void q.fetchNextPage() : undefined,
    loadingMore: q.isFetchingNextPage,
    moreAgain: () => void q.fetchNextPage(),
    retry: () => void retry(),
    renew: () => {
      if (!waits) void retry();
    },
    asked: there ? atService(Math.min(...q.data.pages.map((p) => p.at))) : 0,
  };
}

const problemOf = (error: Error): Problem =>
  error instanceof ApiError
    ? error.problem
    : { type: 'about:blank', title: 'Something failed', status: 500, detail: error.message };

/**
 * Waits so many milliseconds for what was asked early, so that the list is in the first that is painted:
 * to paint once is sooner than twice.
 */
export async function awaitEarly(cache: QueryClient, address: URLSearchParams, ms: number): Promise<void> {
  const [search, sort] = [chosen(address), orderOf(address)];
  const page = await earlyWithin(search, sort, ms);
  if (page)
    cache.setQueryData<InfiniteData<Result>>(
      keys.hits(search, sort),
      { pages: [page], pageParams: [undefined] },
      { updatedAt: page.at },
    );
}

/** Takes an article back from everything that is kept of searches. */
export function takeOut(cache: QueryClient, uri: string): void {
  cache.setQueriesData<InfiniteData<Result>>({ queryKey: ['hits'] }, (data) =>
    data?.pages.some((p) => p.hits.some((h) => h.uri === uri))
      ? { ...data, pages: data.pages.map((p) => ({ ...p, hits: p.hits.map((h) => (h.uri === uri ? taken(h) : h)) })) }
      : data,
  );
}

/** Takes an article back from everything that is kept of searches, and its text. */
export function takeBack(cache: QueryClient, uri: string): void {
  takeOut(cache, uri);
  void cache.resetQueries({ queryKey: ['article', uri] });
}
