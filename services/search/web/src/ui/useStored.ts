import { useCallback, useSyncExternalStore } from 'react';
import { onStored, store, stored } from './stored';

/** What this browser keeps, as state of a component. */
export function useStored(key: string, otherwise: string): [string, (value: string) => void] {
  const value = useSyncExternalStore(onStored, () => stored(key) ?? otherwise);
  return [value, useCallback((to: string) => store(key, to), [key])];
}
