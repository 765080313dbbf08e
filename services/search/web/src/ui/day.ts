// Which day it is for the reader, by the service's clock in the reader's zone, also in a page that is open over midnight.
import { useSyncExternalStore } from 'react';
import { onCorrected, now as time } from './serviceClock';

const longest = 3_600_000; // clocks are set, and computers sleep

let day = new Date(time()).toDateString();
const listeners = new Set<() => void>();
let forget: (() => void) | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

function look(): void {
  const now = new Date(time());
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  clearTimeout(timer);
  timer = setTimeout(look, Math.min(longest, midnight.getTime() - now.getTime()));
  if (now.toDateString() === day) return;
  day = now.toDateString();
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  if (listeners.size === 0) {
    document.addEventListener('visibilitychange', look);
    forget = onCorrected(look);
    look();
  }
  listeners.add(tell);
  return () => {
    listeners.delete(tell);
    if (listeners.size > 0) return;
    document.removeEventListener('visibilitychange', look);
    forget?.();
    clearTimeout(timer);
  };
}

/** The day that it is now, as text; whoever uses it is shown anew when it is another. */
export const useDay = (): string => useSyncExternalStore(subscribe, () => day);
