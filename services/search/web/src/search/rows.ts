// What the list shows: what came in, and what was searched, each article once.
import type { Hit } from '../api/client';
import { over, type Withdrawn } from '../withdrawn';
import type { Hits } from './hits';
import type { Gone, News } from './live';

export interface Row {
  hit: Hit;
  is: '' | 'new' | 'changed';
  /** It came in while the list was there, and stands above it. */
  cameIn: boolean;
  /** The time by which it has its place in the list: a newer revision stays where it is. */
  place: string | undefined;
  gone: { reason: Gone; at: string } | undefined;
}

/** The rows of the list: what came in, then what was searched; each article once. */
export function merged(live: News, list: readonly Hit[], withdrawn: ReadonlyMap<string, Withdrawn>): Row[] {
  const rows: Row[] = [];
  const seen = new Set<string>();
  const add = (hit: Hit, cameIn: boolean) => {
    if (seen.has(hit.uri)) return;
    seen.add(hit.uri);
    const back = withdrawn.get(hit.uri);
    const left = live.unmatched.get(hit.uri);
    // A list that was asked for later may know better.
    const gone =
      (back && over(back.revision, hit.revision) && back) ||
      (left && over(left.revision, hit.revision) && { reason: 'unmatched' as const, at: left.at });
    if (hit.taken && !gone) return;
    const told = live.changed.get(hit.uri);
    const newer = told && BigInt(told.revision) > BigInt(hit.revision) ? told : undefined;
    const is = newer ? 'changed' : cameIn ? 'new' : '';
    rows.push({ hit: newer ?? hit, is, cameIn, place: hit.sort_date, gone: gone || undefined });
  };
  for (const h of live.shown) add(h, true);
  for (const h of list) add(h, false);
  return rows;
}

/** For how long a list that is there is as good as one that is asked for now, in milliseconds. */
export const freshFor = 5_000;

/**
 * Whether what a feed told of is new to a list. What is early was told from a minute before the list
 * was asked for, as the index may be so far behind, or kept where the search was made anew at
 * `began`: of that, what the list has, or has further down than was read of it, isn't new.
 */
export function isNew(
  hit: Hit,
  { list, whole, old, waiting, asked }: Pick<Hits, 'list' | 'whole' | 'old' | 'waiting' | 'asked'>,
  known: ReadonlyMap<string, string>,
  began: number,
): boolean {
  const has = known.get(hit.uri);
  if (!hit.early || hit.taken) return has === undefined || BigInt(has) < BigInt(hit.revision);
  // A newer revision of what the list has stands in its place there.
  if (has !== undefined || old || waiting || asked < began - freshFor) return false;
  const last = Date.parse(list.at(-1)?.sort_date ?? '');
  return whole || Date.parse(hit.sort_date ?? '') > last;
}

/**
 * Whether a list of the search is still to come, as far as can be told: its feed begins from when it
 * was asked for. What the browser kept of it may be hours old.
 */
export const isAwaited = ({
  waiting,
  old,
  renewing,
  problem,
  trouble,
}: Pick<Hits, 'waiting' | 'old' | 'renewing' | 'problem' | 'trouble'>): boolean =>
  (waiting || old || renewing) && !problem && !trouble;

/** What is left of a hit that was taken back: its place. */
export const taken = ({ uri, revision, sort_date }: Hit): Hit => ({
  uri,
  revision,
  sort_date,
  source: '',
  taken: true,
});
