// What is asked of one article beside its text.
import { endSession } from '../session';
import { ApiError, answered, client, type Problem } from './client';
import type { components, paths } from './schema';

type Schemas = components['schemas'];
export type Difference = Schemas['Difference'];
export type Similar = Schemas['Similar'];
export type Override = Schemas['Override'];

// A segment of dots would be taken for a step on the way.
const pathOf = (uri: string) => ({ uri: uri.replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E')) });

/** What one revision says otherwise than another; without `from`, than the one before. */
export function difference(
  uri: string,
  from: string | null,
  to: string | null,
  signal: AbortSignal,
): Promise<Difference> {
  const query = { from: from ?? undefined, to: to ?? undefined };
  return answered<Difference>(
    client.GET('/v1/articles/{uri}/difference', { params: { path: pathOf(uri), query }, signal }),
  );
}

export function similar(uri: string, signal: AbortSignal): Promise<Similar> {
  return answered<Similar>(
    client.GET('/v1/articles/{uri}/similar', { params: { path: pathOf(uri), query: { size: 12 } }, signal }),
  );
}

/** An address of the article's own below the API. */
export function below(uri: string, what: '' | '/original', query: Record<string, string | undefined> = {}): string {
  const params = new URLSearchParams(Object.entries(query).filter((e): e is [string, string] => e[1] !== undefined));
  return `/v1/articles/${encodeURIComponent(pathOf(uri).uri)}${what}${params.size > 0 ? `?${params}` : ''}`;
}

/** The article in another format, as text. */
export async function inFormat(uri: string, revision: string, format: 'ninjs' | 'text'): Promise<string> {
  const response = await fetch(below(uri, '', { format, revision }));
  if (response.status === 401) endSession();
  if (!response.ok)
    throw new ApiError({
      type: 'about:blank',
      title: 'The article can’t be had in that format',
      status: response.status,
    });
  return response.text();
}

export function overrides(uri: string, signal: AbortSignal): Promise<Override> {
  return answered<Override>(client.GET('/v1/articles/{uri}/overrides', { params: { path: pathOf(uri) }, signal }));
}

type Field = paths['/v1/articles/{uri}/overrides/{field}']['put']['parameters']['path']['field'];

/** Corrects a field; `number` is of the override that is changed, so that nobody's word is written over unseen. */
export function correct(uri: string, field: string, value: unknown, reason: string, number: number): Promise<Override> {
  return answered<Override>(
    client.PUT('/v1/articles/{uri}/overrides/{field}', {
      params: {
        path: { ...pathOf(uri), field: field as Field },
        header: { 'If-Match': `"${number}"` },
        query: { reason: reason || undefined },
      },
      body: value as never,
    }),
  );
}

/** Takes the correction of a field back. */
export function takeBack(uri: string, field: string, reason: string, number: number): Promise<Override> {
  return answered<Override>(
    client.DELETE('/v1/articles/{uri}/overrides/{field}', {
      params: {
        path: { ...pathOf(uri), field: field as Field },
        header: { 'If-Match': `"${number}"` },
        query: { reason: reason || undefined },
      },
    }),
  );
}

export const articleKeys = {
  difference: (uri: string, from: string | null, to: string | null) =>
    ['article', uri, 'difference', from, to] as const,
  similar: (uri: string) => ['article', uri, 'similar'] as const,
  overrides: (uri: string) => ['article', uri, 'overrides'] as const,
};

/** Which of the words that were sent may mean several places; undefined: none does. An older service names it in its text alone. */
export const severalOf = ({ candidates, name, detail }: Problem, words: readonly string[]): string | undefined =>
  candidates && words.find((w) => (name === undefined ? detail?.includes(JSON.stringify(w)) : w === name));
