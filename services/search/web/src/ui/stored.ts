// What this browser keeps for its reader. Where storage is forbidden, it lasts as long as the page.
import { useCallback, useSyncExternalStore } from 'react';

const held = new Map<string, string>();
const listeners = new Set<() => void>();

export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? held.get(key) ?? null;
  } catch {
    return held.get(key) ?? null;
  }
}

function set(key: string, value: string): void {
  held.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    // held must do
  }
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  addEventListener('storage', tell); // another tab
  return () => {
    listeners.delete(tell);
    removeEventListener('storage', tell);
  };
}

export function useStored(key: string, otherwise: string): [string, (value: string) => void] {
  const value = useSyncExternalStore(subscribe, () => stored(key) ?? otherwise);
  return [value, useCallback((to: string) => set(key, to), [key])];
}
