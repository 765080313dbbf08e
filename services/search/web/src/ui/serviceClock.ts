// The service's clock, by which everything runs that depends on what time it is: embargoes, which
// day is today, since when a feed is to tell. The reader's own may be minutes off.
// It is without React, for early.ts.

// By how many milliseconds it is ahead of the reader's; not known before it was told. It is kept so,
// and not by performance.now(), which stands still while the machine sleeps.
let ahead: number | undefined;
let second: number | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
const corrected = new Set<() => void>();

/** What time it was at the service at a time of the reader's clock, as far as that is known by now. */
export const atService = (reader: number): number => reader + (ahead ?? 0);

/** What time it is, in milliseconds since 1970: by the service's clock, and by the reader's as long as that isn't known. */
export const now = (): number => atService(Date.now());

/** The same as text, as the API has times. */
export const nowText = (): string => new Date(now()).toISOString();

/** The service's time in milliseconds since 1970, late by the way of its answer; undefined before it told it. */
export const serviceNow = (): number | undefined => (ahead === undefined ? undefined : now());

/**
 * Notes what time it was at the service at some moment between two of the reader's clock: when it
 * was asked, and when its answer was here. What wasn't asked for was `sent` at any time before: it
 * may only set the clock forward.
 */
export function heardTime(
  iso: string | null | undefined,
  { sent, came = Date.now() }: { sent: number; came?: number },
): void {
  const then = Date.parse(iso ?? '');
  if (Number.isNaN(then)) return;
  // What fits into that is not corrected by it: a slow answer says less than a quick one did.
  if (ahead !== undefined && ahead >= then - came && ahead <= then - sent) return;
  ahead = then - came;
  tick();
  for (const tell of corrected) tell();
}

/** Has a function called when the clock was corrected; gives what ends that. */
export function onCorrected(tell: () => void): () => void {
  corrected.add(tell);
  return () => corrected.delete(tell);
}

function tick(): void {
  clearTimeout(timer);
  const time = serviceNow();
  second = time === undefined ? undefined : Math.floor(time / 1000);
  for (const tell of listeners) tell();
  // It strikes with the service's seconds, and stands still where nobody looks at it.
  timer = time === undefined || listeners.size === 0 ? undefined : setTimeout(tick, 1000 - (time % 1000));
}

/** Has a function called with each second of the service; gives what ends that. */
export function onSecond(tell: () => void): () => void {
  listeners.add(tell);
  if (listeners.size === 1) tick();
  return () => {
    listeners.delete(tell);
    if (listeners.size > 0) return;
    clearTimeout(timer);
    timer = undefined;
  };
}

/** The second since 1970 at the service, as it was struck last; undefined before it told its time. */
export const struck = (): number | undefined => second;
