// What operators ask for.
import { answered, client } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Stages = Schemas['Stages'];
export type Stage = Schemas['StageState'];
export type Group = Schemas['GroupState'];
export type Sources = Schemas['Sources'];
export type Source = Schemas['SourceState'];
export type Letters = Schemas['Letters'];
export type Letter = Schemas['Letter'];
export type WholeLetter = Schemas['WholeLetter'];
export type Redriven = Schemas['Redriven'];

/** What it means that an operator's question isn't known. */
export const turnedOff = {
  title: 'Turned off here',
  text: 'This service isn’t told to look at the stages: set search-operator.',
};

/** How often the stages are looked at: the service itself looks no oftener. */
export const stagesEvery = 5_000;

/** How often sources and letters are. */
export const listsEvery = 30_000;

/** How many looks the pictures of the stages show: ten minutes, at the service's usual pace. */
export const looks = 120;

/** The most letters that one request sends back. */
export const maxRedriven = 100;

/** The filters of letters in the address, and what the API calls them. Search has facets of the API's names. */
export const letterFilters = { dead: 'topic', stage: 'stage', of: 'source', reason: 'reason', state: 'state' } as const;

export function stages(signal: AbortSignal): Promise<Stages> {
  return answered<Stages>(client.GET('/v1/operator/stages', { params: { query: { points: looks } }, signal }));
}

export function sources(signal: AbortSignal): Promise<Sources> {
  return answered<Sources>(client.GET('/v1/operator/sources', { signal }));
}

export function letters(address: URLSearchParams, after: string | undefined, signal: AbortSignal): Promise<Letters> {
  const query: Record<string, string | undefined> = { after };
  for (const [own, name] of Object.entries(letterFilters)) query[name] = address.get(own) ?? undefined;
  query.state ??= 'open';
  return answered<Letters>(client.GET('/v1/operator/letters', { params: { query }, signal }));
}

/** One letter by its place, `topic/partition@offset`. */
export function letter(place: string, signal: AbortSignal): Promise<WholeLetter> {
  const [, topic = '', partition = '', offset = ''] = /^(.*)\/(\d+)@(\d+)$/.exec(place) ?? [];
  const path = { topic, partition: Number(partition), offset };
  return answered<WholeLetter>(
    client.GET('/v1/operator/letters/{topic}/{partition}/{offset}', { params: { path }, signal }),
  );
}

export function redrive(places: string[], why: string, again: boolean): Promise<Redriven> {
  return answered<Redriven>(
    client.POST('/v1/operator/redrive', { body: { letters: places, why: why || undefined, again } }),
  );
}

export const operatorKeys = {
  stages: ['operator', 'stages'] as const,
  sources: ['operator', 'sources'] as const,
  letters: (address: URLSearchParams) =>
    ['operator', 'letters', ...Object.keys(letterFilters).map((f) => address.get(f) ?? '')] as const,
  letter: (place: string) => ['operator', 'letter', place] as const,
};
