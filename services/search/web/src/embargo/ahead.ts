// What is under an embargo, as the service tells it now. Nothing of it is kept for longer.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { ApiError, type Article, answered, client } from '../api/client';
import type { components } from '../api/schema';
import { useServiceSecond } from '../ui/second';
import { heardTime } from '../ui/serviceClock';

type Page = components['schemas']['Embargoes'];

/** How often it is asked for, in milliseconds. */
const every = 15_000;
/** For how long it is shown while the service doesn't answer, in seconds. */
const patience = 60;
const size = 30;
/** Statuses that are of the moment. */
const passing = new Set([429, 503]);

/** An article that was here, and isn't told any more. */
export interface Gone {
  uri: string;
  until: string;
}

/** How many of them have a place. */
const maxGone = 20;

export interface Ahead {
  articles: readonly Article[];
  gone: readonly Gone[];
  /** Nothing was told yet. */
  pending: boolean;
  error: Error | null;
  /** The service hasn't answered for so long that nothing is shown. */
  stale: boolean;
  /** There are pages that weren't asked for yet. */
  unread: boolean;
  more: (() => void) | undefined;
  again: () => void;
}

async function ask(after: string, signal: AbortSignal): Promise<Page & { at: number }> {
  const query = { size, after: after || undefined };
  const sent = Date.now();
  const page = await answered<Page>(client.GET('/v1/embargoes', { params: { query }, signal }));
  heardTime(page.now, { sent });
  return { ...page, at: Date.parse(page.now) / 1000 };
}

export function useAhead(): Ahead {
  const q = useInfiniteQuery({
    queryKey: ['embargoes'],
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: every,
    refetchIntervalInBackground: true,
    refetchOnWindowFocus: 'always',
    refetchOnReconnect: 'always',
    retry: false, // it is asked again soon enough
  });
  const now = useServiceSecond();
  const told = q.data?.pages;
  const refused = q.error !== null && !(q.error instanceof ApiError && passing.has(q.error.problem.status));
  const stale = told !== undefined && now !== undefined && now - Math.min(...told.map((p) => p.at)) > patience;
  const articles = told === undefined || refused || stale ? [] : once(told.flatMap((p) => p.articles));
  // What stands behind the pages that were asked for isn't gone.
  const last = articles.at(-1);
  const gone = useGone(told, articles, q.hasNextPage && last ? endOf(last) : Number.POSITIVE_INFINITY, refused);

  // It is asked for at once when an embargo ends.
  const next = articles.reduce((least, a) => Math.min(least, endOf(a)), Number.POSITIVE_INFINITY);
  const { refetch } = q;
  const due = now !== undefined && next <= now;
  useEffect(() => {
    if (due) void refetch();
  }, [due, refetch]);

  return {
    articles,
    gone,
    pending: q.isPending,
    error: q.error,
    stale,
    unread: q.hasNextPage,
    more: q.hasNextPage && !q.isFetching ? () => void q.fetchNextPage() : undefined,
    again: () => void refetch(),
  };
}

/** When an article's embargo ends, in seconds since 1970. */
export const endOf = (a: Article): number => Date.parse(a.embargo_until ?? '') / 1000;

// While pages are asked for one after the other, an article may be on two.
function once(all: readonly Article[]): Article[] {
  const seen = new Set<string>();
  return all.filter((a) => !seen.has(a.uri) && seen.add(a.uri));
}

// What was shown and isn't told any more has a place, so that nobody looks for it in vain.
function useGone(told: unknown, articles: readonly Article[], beyond: number, refused: boolean): readonly Gone[] {
  const before = useRef(new Map<string, string>());
  const [gone, setGone] = useState<readonly Gone[]>([]);
  const current = useRef({ articles, beyond });
  current.current = { articles, beyond };
  useEffect(() => {
    if (told === undefined || refused) return;
    const here = new Map(current.current.articles.map((a) => [a.uri, a.embargo_until ?? '']));
    const left = [...before.current]
      .map(([uri, until]) => ({ uri, until }))
      .filter((g) => !here.has(g.uri) && Date.parse(g.until) / 1000 < current.current.beyond);
    before.current = here;
    setGone((was) => [...left, ...was].filter((g) => !here.has(g.uri)).slice(0, maxGone));
  }, [told, refused]);
  return gone;
}
