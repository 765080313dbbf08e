// The address holds all of the page's state: the search's parameters as the API has them,
// and beside them what is open. Everything else follows from it.
import { useSyncExternalStore } from 'react';

export type Patch = Record<string, string | readonly string[] | null | undefined>;

let search = location.search;
let params = new URLSearchParams(search);
const listeners = new Set<() => void>();

function changed(): void {
  if (location.search === search) return;
  search = location.search;
  params = new URLSearchParams(search);
  for (const tell of listeners) tell();
}

addEventListener('popstate', changed);

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** The address as it is now. */
export const address = (): URLSearchParams => params;

/** The address, as state of a component. */
export function useAddress(): URLSearchParams {
  return useSyncExternalStore(subscribe, address);
}

/** The parameters with a patch: null, undefined and '' take one out, a list stands for all of its values. */
export function patched(from: URLSearchParams, patch: Patch): URLSearchParams {
  const to = new URLSearchParams(from);
  for (const [name, value] of Object.entries(patch)) {
    to.delete(name);
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) {
      if (one !== '') to.append(name, one);
    }
  }
  return to;
}

/** The patch that makes these parameters of none. */
export function patchOf(all: URLSearchParams): Patch {
  return Object.fromEntries([...new Set(all.keys())].map((name) => [name, all.getAll(name)]));
}

/** The parameters as an address that can be followed, copied and kept. */
export function hrefOf(to: URLSearchParams): string {
  const query = to.toString();
  return query === '' ? '/' : `/?${query}`;
}

/** Goes to the address with a patch; with `replace`, without a step that "back" would take. */
export function go(patch: Patch, { replace = false } = {}): void {
  goTo(patched(params, patch), { replace });
}

export function goTo(to: URLSearchParams, { replace = false } = {}): void {
  const href = hrefOf(to);
  if (href === hrefOf(params)) return;
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  changed();
}
