// The service's clock, by which embargoes run: the reader's own may be minutes off.
import { useSyncExternalStore } from 'react';

// The service's time when performance.now() was 0, in milliseconds; not known before it was told.
let base: number | undefined;
let second: number | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** The service's time in milliseconds since 1970, late by the way of its answer; undefined before it told it. */
export const serviceNow = (): number | undefined => (base === undefined ? undefined : base + performance.now());

function look(): void {
  const now = serviceNow();
  second = now === undefined ? undefined : Math.floor(now / 1000);
}

/** Notes what time it was at the service when it answered. */
export function heardTime(iso: string): void {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return;
  base = then - performance.now();
  tick();
}

function tick(): void {
  clearTimeout(timer);
  look();
  for (const tell of listeners) tell();
  const now = serviceNow();
  // It strikes with the service's seconds, and stands still where nobody looks at it.
  timer = now === undefined || listeners.size === 0 ? undefined : setTimeout(tick, 1000 - (now % 1000));
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  if (listeners.size === 1) tick();
  return () => {
    listeners.delete(tell);
    if (listeners.size > 0) return;
    clearTimeout(timer);
    timer = undefined;
  };
}

/** The second since 1970 at the service; undefined before it told its time. */
export const useServiceSecond = (): number | undefined => useSyncExternalStore(subscribe, () => second);
