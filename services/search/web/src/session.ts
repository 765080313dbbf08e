// Whether the reader may still be here: a session ends, a key is revoked.
import { useSyncExternalStore } from 'react';

let over = false;
const listeners = new Set<() => void>();

/** Notes that the service no longer knows who asks. */
export function endSession(): void {
  if (over) return;
  over = true;
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export const useSessionOver = (): boolean => useSyncExternalStore(subscribe, () => over);
