// The query language as far as the page must know it: which fields there are, and which word is being typed.
export interface Field {
  name: string;
  finds: string;
  example: string;
}

export const fields: readonly Field[] = [
  { name: 'headline', finds: 'words of the headline', example: 'headline:niger' },
  { name: 'body', finds: 'words of the text', example: 'body:(coup OR junta)' },
  { name: 'standfirst', finds: 'words of the standfirst', example: 'standfirst:"peace talks"' },
  { name: 'kicker', finds: 'words of the line above the headline', example: 'kicker:analysis' },
  { name: 'byline', finds: 'words of the byline', example: 'byline:weber' },
  { name: 'caption', finds: 'words of one caption', example: 'caption:soldier' },
  { name: 'dateline', finds: 'words of the dateline', example: 'dateline:niamey' },
  { name: 'person', finds: 'somebody whom the article speaks of', example: 'person:macron' },
  { name: 'organisation', finds: 'an organisation it speaks of', example: 'organisation:"African Union"' },
  { name: 'place', finds: 'a place it speaks of; two capitals are a country', example: 'place:agadez' },
  { name: 'country', finds: 'a country that a place lies in', example: 'country:NE' },
  { name: 'near', finds: 'a place no further off than that', example: 'near:13.5,2.1~50km' },
  { name: 'topic', finds: 'a Media Topic or a narrower one', example: 'topic:"armed conflict"' },
  { name: 'keyphrase', finds: 'words of a keyphrase', example: 'keyphrase:"drone base"' },
  { name: 'said', finds: 'words of one quote or its speaker', example: 'said:(abdramane withdraw*)' },
  { name: 'speaker', finds: 'somebody who is quoted', example: 'speaker:abdramane' },
  { name: 'amount', finds: 'an amount of money', example: 'amount:EUR:1mln..5mln' },
  { name: 'currency', finds: 'the currency of an amount', example: 'currency:EUR' },
  { name: 'date', finds: 'a day or period that the text mentions', example: 'date:2024-04' },
  { name: 'published', finds: 'when it was published', example: 'published:>now-7d' },
  { name: 'created', finds: 'when this version was made', example: 'created:yesterday' },
  { name: 'received', finds: 'when it arrived here', example: 'received:>=today' },
  { name: 'agency', finds: 'the agency', example: 'agency:dpa' },
  { name: 'source', finds: 'the source', example: 'source:site-3' },
  { name: 'cited', finds: 'a medium that the text cites', example: 'cited:"le monde"' },
  { name: 'filed', finds: 'a place of the dateline', example: 'filed:niamey' },
  { name: 'language', finds: 'the language', example: 'language:en' },
  { name: 'urgency', finds: '1 (flash) to 9', example: 'urgency:1..3' },
  { name: 'flag', finds: 'a flag of the article', example: 'flag:correction' },
  { name: 'translated', finds: 'yes: more likely translated than not', example: 'translated:no' },
  { name: 'uri', finds: 'the article with that URI', example: 'uri:urn:example:42' },
];

export const syntax: readonly (readonly [string, string])[] = [
  ['niger junta', 'both words; case, accents and endings don’t count'],
  ['a AND b, a OR b, NOT a, -a, ( )', 'AND is what a blank means; it binds more than OR'],
  ['"air defence", "air defence"~5', 'a phrase; its words up to 5 places apart'],
  ['niger*, wom?n', 'any ending; any one letter'],
  ['=died', 'as written, with no other ending'],
  ['headline:died, person:(macron OR scholz)', 'in a field'],
  ['urgency:1..3, amount:>5mln, published:>now-7d', 'from, to, more than'],
];

/** Facets whose values can be suggested for a word, by the field that stands before it. */
const suggestible: Record<string, string> = {
  person: 'person',
  organisation: 'organisation',
  org: 'organisation',
  place: 'place',
  topic: 'topic',
  source: 'source',
  agency: 'agency',
  cited: 'cited_media',
  keyphrase: 'keyphrase',
  speaker: 'speaker',
  filed: 'filed',
};

export interface Typed {
  /** Where the word begins, its field included. */
  start: number;
  /** What was typed of it, without field and marks. */
  prefix: string;
  /** Facets that its field stands for; none: it has no field. */
  of: string[];
}

/** The word that ends at the caret, if it is one that can be completed. */
export function typedAt(text: string, caret: number): Typed | null {
  const before = text.slice(0, caret);
  // Within quotation marks words are the reader's own, but for a value that is quoted.
  const m = /(?:^|[\s(])(-?)(?:([a-z_]+):)?(=?"[^"]*|[^\s"():]*)$/u.exec(before);
  if (!m) return null;
  const word = m[3] ?? '';
  const field = m[2];
  if (field === undefined && (m[1] === '-' || word.startsWith('"') || word.startsWith('='))) return null;
  const prefix = word.replace(/^="?|^"/, '');
  const of = field === undefined ? [] : [suggestible[field] ?? ''].filter((f) => f !== '');
  if (field !== undefined && of.length === 0) return null;
  return { start: caret - word.length - (field === undefined ? 0 : field.length + 1), prefix, of };
}

/** The text without the word, and where the caret is then. */
export function without(text: string, typed: Typed, caret: number): string {
  return `${text.slice(0, typed.start)}${text.slice(caret)}`.replace(/\s{2,}/g, ' ').trim();
}

/** UTF-16 place of a character counted from 1, as problems tell it. */
export function placeOf(text: string, position: number): { start: number; end: number } {
  const characters = Array.from(text);
  const start = characters.slice(0, position - 1).join('').length;
  return { start, end: start + (characters[position - 1]?.length ?? 0) };
}
