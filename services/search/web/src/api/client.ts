// The API, as its OpenAPI document describes it.
import createClient, { type Middleware } from 'openapi-fetch';
import { endSession } from '../session';
import { heardTime } from '../ui/serviceClock';
import type { components, paths } from './schema';

type Schemas = components['schemas'];
export type Hit = Schemas['Hit'] & {
  /** Of what is not for everybody yet, for those who may see it. */
  embargo_until?: string;
  /** Where a live feed told of it: when this revision went out. */
  released_at?: string;
  /** A live feed told of it, which went out before the search was made. */
  early?: boolean;
  /** It was taken back: nothing is left of it but its place. */
  taken?: boolean;
};
export type Result = Schemas['Result'];
export type Facet = Schemas['FacetCount'];
export type Problem = Schemas['Problem'];
export type Found = Schemas['Found'];
export type Article = Schemas['Article'];
export type Segment = NonNullable<Article['segments']>[number];
export type Histogram = Schemas['Histogram'];
export type PlaceMap = Schemas['PlaceMap'];
export type Suggestions = Schemas['Suggestions'];
export type Spelling = Schemas['Spelling'];
export type Piece = Schemas['Piece'];

/** What the API answers when it can't answer: an RFC 9457 problem, or what the page makes of silence. */
export class ApiError extends Error {
  readonly problem: Problem;
  /** After how many seconds it may be asked again, if that was said. */
  readonly retryAfter: number | undefined;

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** It is of the moment: the same will be answered a little later. */
  get passes(): boolean {
    return this.problem.status === 429 || this.problem.status === 503;
  }
}

/** The seconds of a header Retry-After; undefined where there is none that can be read. */
export function retryAfter(response: Response): number | undefined {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

// Revisions are integers of up to 63 bits, which JavaScript's numbers don't hold: they
// become text before they are parsed. Strings are passed over whole, so that nothing in
// them is taken for one.
const revisions = /"(revision|previous)"(\s*:\s*)(\d+)|"[^"\\]*(?:\\.[^"\\]*)*"/gs;

export function parse(json: string): unknown {
  return JSON.parse(
    json.replace(revisions, (all: string, name?: string, colon?: string, number?: string) =>
      number === undefined ? all : `"${name}"${colon}"${number}"`,
    ),
  );
}

// When what is on its way was asked.
const asked = new WeakMap<Request, number>();

const exact: Middleware = {
  onRequest({ request }) {
    asked.set(request, Date.now());
  },
  async onResponse({ request, response }) {
    const sent = asked.get(request);
    // `Date` may be a proxy's.
    if (sent !== undefined) heardTime(response.headers.get('Copytaster-Now'), { sent });
    if (response.status === 401) endSession();
    if (!/\bjson\b/.test(response.headers.get('Content-Type') ?? '')) return undefined;
    return new Response(response.status === 204 ? null : JSON.stringify(parse(await response.text())), response);
  },
};

export const client = createClient<paths>({ baseUrl: location.origin });
client.use(exact);

interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/** The data of an answer, which is a T: routes have other formats, too. Throws an ApiError for anything else. */
export async function answered<T>(asked: Promise<Answer>): Promise<T> {
  let answer: Answer;
  try {
    answer = await asked;
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError({
      type: 'urn:copytaster:problem:unreachable',
      title: navigator.onLine ? 'The service can’t be reached' : 'You are offline',
      status: 503,
      detail: navigator.onLine
        ? 'It didn’t answer, or the network lost it.'
        : 'What you have seen stays. The rest comes when there is a network again.',
    });
  }
  if (answer.data !== undefined && answer.response.ok) return answer.data as T;
  const problem = answer.error as Partial<Problem> | undefined;
  throw new ApiError(
    {
      type: problem?.type ?? 'urn:copytaster:problem:internal',
      title: problem?.title ?? 'The service answered something unexpected',
      status: problem?.status ?? answer.response.status,
      detail: problem?.detail,
      parameter: problem?.parameter,
      position: problem?.position,
      candidates: problem?.candidates,
      name: problem?.name,
    },
    retryAfter(answer.response),
  );
}
