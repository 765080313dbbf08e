// Which parameters of the address make a search, and what is asked for it.
import type { Patch } from '../address';
import {
  ApiError,
  answered,
  client,
  type Facet,
  type Found,
  type Histogram,
  type PlaceMap,
  type Result,
  type Spelling,
  type Suggestions,
} from './client';

/** Facets in the order in which they are shown; those on demand have so many values that counting them takes longer. */
export const facets = [
  { name: 'agency', label: 'Agency' },
  { name: 'source', label: 'Source' },
  { name: 'topic', label: 'Topic' },
  { name: 'country', label: 'Country' },
  { name: 'language', label: 'Language' },
  { name: 'person', label: 'Person', onDemand: true },
  { name: 'organisation', label: 'Organisation', onDemand: true },
  { name: 'place', label: 'Place', onDemand: true },
  { name: 'keyphrase', label: 'Keyphrase', onDemand: true },
  { name: 'speaker', label: 'Speaker' },
  { name: 'cited_media', label: 'Cites' },
  { name: 'filed', label: 'Filed in' },
  { name: 'currency', label: 'Currency' },
  { name: 'day', label: 'Day' },
] as const satisfies readonly { name: string; label: string; onDemand?: boolean }[];

export const facetNames: readonly string[] = facets.map((f) => f.name);

/** The parameters that choose articles, beside `q`, which stands in the box. */
export const filters: readonly string[] = [
  ...facetNames,
  'from',
  'to',
  'said',
  'amount_from',
  'amount_to',
  'mentioned_from',
  'mentioned_to',
  'translated',
  'evolved_from',
  'within',
];

const lists = new Set<string>(facetNames);

/** The part of an address that chooses articles: two addresses with the same find the same. */
export function chosen(address: URLSearchParams): URLSearchParams {
  const search = new URLSearchParams();
  for (const name of ['q', ...filters]) {
    for (const value of lists.has(name) ? address.getAll(name).toSorted() : address.getAll(name).slice(0, 1)) {
      if (value !== '') search.append(name, value);
    }
  }
  return search;
}

/** A patch that takes all filters out. */
export const noFilters: Patch = Object.fromEntries(filters.map((name) => [name, null]));

type Asked = Record<string, string | string[] | number | undefined>;

// As openapi-fetch takes them; the service checks them by the document.
function asked(search: URLSearchParams, more: Asked = {}): Asked {
  const all: Asked = {};
  for (const name of new Set(search.keys()))
    all[name] = lists.has(name) ? search.getAll(name) : (search.get(name) ?? undefined);
  return { ...all, ...more };
}

export type Order = 'time' | 'relevance';

/** Newest first, as a desk reads, unless the address says otherwise. */
export const orderOf = (address: URLSearchParams): Order =>
  address.get('sort') === 'relevance' && address.get('q') ? 'relevance' : 'time';

export const pageSize = 30;

/** For how long an early answer is as good as one that is asked for now, in milliseconds. */
const earlyFor = 10_000;

// What was asked before the page could show it.
let early: (Page & { of: string; on: number }) | undefined;
let begun = false;

const named = (search: URLSearchParams, sort: Order): string => `${sort} ${search}`;

/** A page that was asked for, and when, by the reader's clock: the service's may not be known yet. */
interface Page {
  answer: Promise<Result>;
  at: number;
}

/** Asks for an address's first page, for the first who wants it; nothing, if somebody asked already. */
export function askEarly(address: URLSearchParams): void {
  if (begun) return;
  const [search, sort] = [chosen(address), orderOf(address)];
  const { answer, at } = hits(search, sort, undefined, new AbortController().signal);
  answer.catch(() => undefined); // who takes it hears of it
  early = { of: named(search, sort), answer, at, on: performance.now() };
}

/** What was asked early of this search, if it is answered within so many milliseconds; otherwise it is left to who asks. */
export async function earlyWithin(
  search: URLSearchParams,
  sort: Order,
  ms: number,
): Promise<(Result & { at: number }) | undefined> {
  const it = early;
  if (it?.of !== named(search, sort) || performance.now() - it.on >= earlyFor) return undefined;
  const over = new Promise<undefined>((done) => setTimeout(done, ms));
  const answer = await Promise.race([it.answer.catch(() => undefined), over]);
  if (!answer || early !== it) return undefined;
  early = undefined;
  return { ...answer, at: it.at };
}

export function hits(search: URLSearchParams, sort: Order, after: string | undefined, signal: AbortSignal): Page {
  begun = true;
  if (early && after === undefined) {
    const { of, answer, at, on } = early;
    early = undefined;
    if (of === named(search, sort) && performance.now() - on < earlyFor) return { answer, at };
  }
  const query = asked(search, { sort, size: pageSize, facets: 'none', after });
  const at = Date.now();
  return { answer: answered<Result>(client.GET('/v1/articles', { params: { query }, signal })), at };
}

export async function facetCounts(
  search: URLSearchParams,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Facet[]> {
  const query = asked(search, { size: 1, sort: 'time', facets: names.join(',') });
  return (await answered<Result>(client.GET('/v1/articles', { params: { query }, signal }))).facets ?? [];
}

export function histogram(
  search: URLSearchParams,
  buckets: number,
  zone: string,
  signal: AbortSignal,
): Promise<Histogram> {
  return answered<Histogram>(
    client.GET('/v1/histogram', { params: { query: asked(search, { buckets, zone }) }, signal }),
  );
}

export function places(search: URLSearchParams, precision: number | undefined, signal: AbortSignal): Promise<PlaceMap> {
  return answered<PlaceMap>(client.GET('/v1/map', { params: { query: asked(search, { precision }) }, signal }));
}

export function spelling(search: URLSearchParams, signal: AbortSignal): Promise<Spelling> {
  return answered<Spelling>(client.GET('/v1/spelling', { params: { query: asked(search) }, signal }));
}

export async function suggestions(prefix: string, of: readonly string[], signal: AbortSignal): Promise<Facet[]> {
  const query = { prefix, of: of.length > 0 ? of.join(',') : undefined, values: 4 };
  return (await answered<Suggestions>(client.GET('/v1/suggest', { params: { query }, signal }))).facets;
}

function article(uri: string, revision: string | null, signal: AbortSignal): Promise<Found> {
  const query = revision ? { revision } : {};
  // A segment of dots would be taken for a step on the way.
  const path = { uri: uri.replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E')) };
  return answered<Found>(client.GET('/v1/articles/{uri}', { params: { path, query }, signal }));
}

/** What is told of an article: what it is, or that it isn't to be had, or not by who asks. */
export type Told = Found | { refused: ApiError };

const refusals = new Set([401, 403, 404]);

/** As `article`, but a refusal is an answer: it stands until there is another, whatever fails meanwhile. */
export async function told(uri: string, revision: string | null, signal: AbortSignal): Promise<Told> {
  try {
    return await article(uri, revision, signal);
  } catch (e) {
    if (e instanceof ApiError && refusals.has(e.problem.status)) return { refused: e };
    throw e;
  }
}

/** Keys of what is cached. */
export const keys = {
  hits: (search: URLSearchParams, sort: Order) => ['hits', search.toString(), sort] as const,
  facets: (search: URLSearchParams, names: readonly string[]) => ['facets', search.toString(), names.join()] as const,
  histogram: (search: URLSearchParams) => ['histogram', search.toString()] as const,
  places: (search: URLSearchParams, precision: number | undefined) => ['places', search.toString(), precision] as const,
  spelling: (search: URLSearchParams) => ['spelling', search.toString()] as const,
  suggestions: (prefix: string, of: readonly string[]) => ['suggestions', prefix, of.join()] as const,
  article: (uri: string, revision: string | null) => ['article', uri, revision ?? 'newest'] as const,
};
