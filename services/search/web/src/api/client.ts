// The API, as its OpenAPI document describes it.
import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './schema';

type Schemas = components['schemas'];
export type Hit = Schemas['Hit'] & {
  /** Of what is not for everybody yet, for those who may see it. */
  embargo_until?: string;
  /** A live feed told of it, but it was here before the search was made. */
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

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

// Revisions are integers of up to 63 bits, which JavaScript's numbers don't hold: they
// become text before they are parsed. Strings are passed over whole, so that nothing in
// them is taken for one.
const revisions = /"(revision|previous)"(\s*:\s*)(\d+)|"(?:[^"\\]|\\.)*"/g;

export function parse(json: string): unknown {
  return JSON.parse(
    json.replace(revisions, (all: string, name?: string, colon?: string, number?: string) =>
      number === undefined ? all : `"${name}"${colon}"${number}"`,
    ),
  );
}

const exact: Middleware = {
  async onResponse({ response }) {
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
      title: 'The service can’t be reached',
      status: 503,
      detail: 'It is asked again in a moment.',
    });
  }
  if (answer.data !== undefined && answer.response.ok) return answer.data as T;
  const problem = answer.error as Partial<Problem> | undefined;
  throw new ApiError({
    type: problem?.type ?? 'urn:copytaster:problem:internal',
    title: problem?.title ?? 'The service answered something unexpected',
    status: problem?.status ?? answer.response.status,
    detail: problem?.detail,
    parameter: problem?.parameter,
    position: problem?.position,
    candidates: problem?.candidates,
  });
}
