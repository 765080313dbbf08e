// What a feed said is no longer to be had. It is kept for as long as the page is open, whatever
// is searched meanwhile: the index, and what was cached of it, may be behind the feed.
import { useSyncExternalStore } from 'react';

export type Reason = 'canceled' | 'withheld' | 'expired';

export interface Withdrawn {
  reason: Reason;
  at: string;
  /** The last revision that is over; undefined where it isn't known. */
  revision: string | undefined;
}

/** How many are remembered; then the longest ago is forgotten. */
export const maxWithdrawn = 5_000;

let all: ReadonlyMap<string, Withdrawn> = new Map();
const listeners = new Set<() => void>();

function become(next: ReadonlyMap<string, Withdrawn>): void {
  all = next;
  for (const tell of listeners) tell();
}

export function withdraw(uri: string, what: Withdrawn): void {
  const next = new Map(all);
  next.delete(uri);
  next.set(uri, what);
  for (const oldest of next.keys()) {
    if (next.size <= maxWithdrawn) break;
    next.delete(oldest);
  }
  become(next);
}

/** Whether a revision may be shown: it is, if it is newer than what took the article back. */
export function returned(uri: string, revision: string): boolean {
  const was = all.get(uri);
  if (!was) return true;
  if (was.revision !== undefined && over(was.revision, revision)) return false;
  const next = new Map(all);
  next.delete(uri);
  become(next);
  return true;
}

/** Whether what ended a revision holds for this one; where it isn't known which, for all. */
export const over = (ended: string | undefined, revision: string): boolean =>
  ended === undefined || BigInt(revision) <= BigInt(ended);

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** What was taken back, by URI. */
export const useWithdrawn = (): ReadonlyMap<string, Withdrawn> => useSyncExternalStore(subscribe, () => all);
