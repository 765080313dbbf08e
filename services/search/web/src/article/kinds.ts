// The kinds of passages, as people call them.
import type { Segment } from '../api/client';
import type { components } from '../api/schema';

export type Kind = Segment['kind'];
type Sayable = components['schemas']['Retold'][number]['kind'];

/** Those that can be said, by whom they are for. */
export const kindGroups: readonly { label: string; kinds: readonly (readonly [Sayable, string])[] }[] = [
  {
    label: 'For readers',
    kinds: [
      ['kicker', 'Kicker, above the headline'],
      ['headline', 'Headline'],
      ['standfirst', 'Standfirst'],
      ['byline', 'Byline'],
      ['dateline', 'Dateline'],
      ['paragraph', 'Paragraph'],
      ['subhead', 'Subheading'],
      ['quote', 'Quotation, set off'],
      ['caption', 'Caption'],
      ['credit', 'Picture credit'],
      ['reference', 'What the report is based on'],
      ['signoff', 'Sign-off'],
    ],
  },
  {
    label: 'Not for readers',
    kinds: [
      ['note', 'Note to editors'],
      ['boilerplate', 'Boilerplate'],
      ['residue', 'Left-over marks'],
    ],
  },
];

const names = new Map<Kind, string>(kindGroups.flatMap((g) => g.kinds));

export const kindName = (kind: Kind): string => names.get(kind) ?? 'Not told';
