// The hits of an address, page after page.
import { type InfiniteData, keepPreviousData, type QueryClient, useInfiniteQuery } from '@tanstack/react-query';
import { ApiError, type Hit, type Problem, type Result } from '../api/client';
import { chosen, hits, keys, orderOf } from '../api/search';

export interface Hits {
  list: Hit[];
  total: Result['total'] | undefined;
  /** Of Elasticsearch, in milliseconds. */
  took: number | undefined;
  problem: Problem | undefined;
  /** What is shown is of the search before. */
  old: boolean;
  waiting: boolean;
  more: (() => void) | undefined;
  loadingMore: boolean;
  retry: () => void;
}

export function useHits(address: URLSearchParams): Hits {
  const search = chosen(address);
  const sort = orderOf(address);
  const q = useInfiniteQuery({
    queryKey: keys.hits(search, sort),
    queryFn: ({ signal, pageParam }) => hits(search, sort, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    // What comes in is told by the live feed; asking all pages anew would move what is read.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const first = q.data?.pages[0];
  return {
    list: q.data?.pages.flatMap((p) => p.hits) ?? [],
    total: q.isError ? undefined : first?.total,
    took: first?.took_ms,
    problem: q.error instanceof ApiError ? q.error.problem : undefined,
    old: q.isPlaceholderData,
    waiting: q.isPending,
    more: q.hasNextPage && !q.isFetchingNextPage && !q.isPlaceholderData ? () => void q.fetchNextPage() : undefined,
    loadingMore: q.isFetchingNextPage,
    retry: () => void q.refetch(),
  };
}

/** What is left of a hit that was taken back: its place. */
export const taken = ({ uri, revision, sort_date }: Hit): Hit => ({
  uri,
  revision,
  sort_date,
  source: '',
  taken: true,
});

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
