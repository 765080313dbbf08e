// Whether the reader may still be here: a session ends, a key is revoked.

let over = false;
const listeners = new Set<() => void>();

/** Notes that the service no longer knows who asks. */
export function endSession(): void {
  if (over) return;
  over = true;
  for (const tell of listeners) tell();
}

export const sessionOver = (): boolean => over;

/** Has a function called when the session ends; gives what forgets it. */
export function onSessionOver(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
