// All that was found out of the article, each with how sure it is and who says so.
import { useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect, useMemo } from 'react';
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import { articleKeys } from '../api/article';
import type { Article } from '../api/client';
import { Link } from '../ui/Link';
import { type Script, scriptOf } from '../ui/script';
import { Time } from '../ui/Time';
import { countryName, languageName, plural } from '../ui/words';
import { Correct, useOverride } from './Correct';
import { kindGroups, kindName } from './kinds';
import { figure, money, period, signer, sure } from './marks';

const ArticleMap = lazy(() => import('./ArticleMap'));

interface Evidence {
  enricher?: string | undefined;
  version?: number | undefined;
  confidence: number;
}

/** How sure, with its source on demand. */
function Sure({ of: e }: { of: Evidence }) {
  return (
    <span className="sure" title={`says ${signer(e)}`}>
      {sure(e.confidence)}
      <span className="unseen"> sure, says {signer(e)}</span>
    </span>
  );
}

const best = (mentions: readonly Evidence[]): Evidence =>
  mentions.reduce((b, m) => (m.confidence > b.confidence ? m : b), mentions[0] ?? { confidence: 0 });

interface Item {
  key: string;
  main: ReactNode;
  more?: ReactNode | undefined;
  /** Words of the article, as it has them. */
  words?: string | undefined;
  evidence: Evidence;
}

/** `ours`: their names are the page's words, not the article's. */
function Items({ of, script, ours = false }: { of: readonly Item[]; script: Script; ours?: boolean }) {
  return (
    <ul className="found-list">
      {of.map((i) => (
        <li key={i.key}>
          <span className="found-main" {...(ours ? {} : script)}>
            {i.main}
          </span>
          <Sure of={i.evidence} />
          {(i.words || i.more) && (
            <span className="found-more">
              {i.words && <span {...script}>{i.words}</span>}
              {i.words && i.more && ', '}
              {i.more}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Part({
  name,
  count,
  field,
  article,
  of,
  fixed = false,
  children,
}: {
  name: string;
  count: number;
  field: string;
  article: Article;
  of?: (item: unknown) => boolean;
  /** It can't be corrected here. */
  fixed?: boolean;
  children?: ReactNode;
}) {
  const { data } = useOverride(article.uri);
  const corrected = article.corrections?.fields?.find((f) => f.field === field);
  if (count === 0 && !corrected && !data?.correctable?.includes(field)) return null;
  return (
    <Disclosure className="facet" defaultExpanded>
      <Heading level={3}>
        <Button slot="trigger" className="facet-name">
          <svg className="chevron" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
            <path d="m3 1.5 4 3.5-4 3.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
          </svg>
          {name}
          <span className="facet-chosen number">{count}</span>
        </Button>
      </Heading>
      <DisclosurePanel>
        {corrected && (
          <p className="aside">
            Corrected by {corrected.who ?? 'an editor'}
            {corrected.at && (
              <>
                , <Time at={corrected.at} />
              </>
            )}
            {corrected.unseen && `. The text has changed since: ${corrected.unseen.length} found that it doesn’t know`}
          </p>
        )}
        {children}
        {!fixed && <Correct article={article} field={field} name={name} of={of} />}
      </DisclosurePanel>
    </Disclosure>
  );
}

const is = (type: string) => (item: unknown) => (item as { type?: string }).type === type;

// How many passages are of each kind; of several, the least sure is told.
function kindsOf(segments: NonNullable<Article['segments']>): Item[] {
  return [...kindGroups.flatMap((g) => g.kinds.map(([kind]) => kind)), 'unknown' as const].flatMap((kind) => {
    const all = segments.filter((s) => s.kind === kind);
    const [first, ...others] = all;
    if (!first) return [];
    const least = others.reduce((l, s) => (s.confidence < l.confidence ? s : l), first);
    return [
      {
        key: kind,
        main: kindName(kind),
        more: all.length > 1 ? `${plural(all.length, 'passage')}, each at least so sure` : undefined,
        evidence: least,
      },
    ];
  });
}

interface Props {
  article: Article;
  /** No revision of it is newer. */
  newest: boolean;
}

export function Details({ article: a, newest }: Props) {
  const cache = useQueryClient();
  const { data } = useOverride(a.uri);
  // Somebody corrected it where the list's feed doesn't tell of it.
  const unheard = data !== undefined && (a.corrections?.number ?? 0) > data.number;
  useEffect(() => {
    if (unheard) void cache.invalidateQueries({ queryKey: articleKeys.overrides(a.uri) });
  }, [cache, a.uri, unheard]);
  const entities = (type: string): Item[] =>
    (a.entities ?? [])
      .filter((e) => e.type === type)
      .map((e) => ({
        key: e.name,
        main: (
          <Link fresh to={{ [type]: e.name }}>
            {e.name}
          </Link>
        ),
        words: [e.title, e.role].filter(Boolean).join(', '),
        more: e.mentions.length > 1 ? plural(e.mentions.length, 'mention') : undefined,
        evidence: best(e.mentions),
      }));
  const persons = entities('person');
  const organisations = entities('organisation');
  const script = scriptOf(a.language);
  const located = useMemo(() => (a.places ?? []).filter((p) => p.lat !== undefined), [a.places]);
  return (
    <div className="found">
      <Part name="In a sentence" count={a.summary ? 1 : 0} field="summary" article={a}>
        {a.summary && <p {...script}>{a.summary.text}</p>}
      </Part>
      <Part name="People" count={persons.length} field="entities" article={a} of={is('person')}>
        <Items script={script} of={persons} />
      </Part>
      <Part name="Organisations" count={organisations.length} field="entities" article={a} of={is('organisation')}>
        <Items script={script} of={organisations} />
      </Part>
      <Part name="Places" count={a.places?.length ?? 0} field="places" article={a}>
        {located.length > 0 && (
          <Suspense fallback={<div className="article-map" aria-busy="true" />}>
            <ArticleMap places={located} />
          </Suspense>
        )}
        <Items
          script={script}
          of={(a.places ?? []).map((p) => ({
            key: `${p.geonames_id ?? ''}${p.name}${p.country ?? ''}`,
            main: (
              <Link fresh to={{ place: p.name }}>
                {p.name}
              </Link>
            ),
            more: [p.country && countryName(p.country), p.main && 'where most of it happens']
              .filter(Boolean)
              .join(', '),
            evidence: best(p.mentions),
          }))}
        />
      </Part>
      <Part name="Quotes" count={a.quotes?.length ?? 0} field="quotes" article={a}>
        <Items
          script={script}
          of={(a.quotes ?? []).map((q) => ({
            key: String(q.start),
            main: `“${q.text}”`,
            words: [q.speaker, q.role].filter(Boolean).join(', '),
            more: [!q.speaker && 'nobody named', q.via && `through ${q.via}`].filter(Boolean).join(', '),
            evidence: q,
          }))}
        />
      </Part>
      <Part name="Amounts" count={a.amounts?.length ?? 0} field="amounts" article={a}>
        <Items
          ours
          script={script}
          of={(a.amounts ?? []).map((m) => ({ key: String(m.start), main: money(m), words: m.text, evidence: m }))}
        />
      </Part>
      <Part name="Figures" count={a.quantities?.length ?? 0} field="quantities" article={a}>
        <Items
          ours
          script={script}
          of={(a.quantities ?? []).map((q) => ({
            key: String(q.start),
            main: `${figure(q.value, q.value_to, q.approximate)} ${q.unit ?? ''}`,
            words: q.text,
            evidence: q,
          }))}
        />
      </Part>
      <Part name="Dates" count={a.dates?.length ?? 0} field="dates" article={a}>
        <Items
          ours
          script={script}
          of={(a.dates ?? []).map((d) => ({
            key: String(d.start),
            main: period(d),
            words: d.text,
            more: d.precision,
            evidence: d,
          }))}
        />
      </Part>
      <Part name="Topics" count={a.topics?.length ?? 0} field="topics" article={a}>
        <Items
          ours
          script={script}
          of={(a.topics ?? []).map((t) => ({
            key: t.qcode,
            main: (
              <Link fresh to={{ topic: t.qcode }}>
                {t.label ?? t.qcode}
              </Link>
            ),
            more: (t.why ?? []).map((w) => w.text ?? w.why).join(', '),
            evidence: t,
          }))}
        />
      </Part>
      <Part name="Keyphrases" count={a.keyphrases?.length ?? 0} field="keyphrases" article={a}>
        <Items
          script={script}
          of={(a.keyphrases ?? []).map((k) => ({
            key: k.phrase,
            main: (
              <Link fresh to={{ keyphrase: k.phrase }}>
                {k.phrase}
              </Link>
            ),
            evidence: k,
          }))}
        />
      </Part>
      {/* Passages are told by where they stand, which is what the newest text is asked for. */}
      <Part
        name="Kinds of passages"
        count={a.segments?.length ?? 0}
        field="segments"
        article={a}
        fixed={!newest || !a.segments?.length}
      >
        <Items ours script={script} of={kindsOf(a.segments ?? [])} />
      </Part>
      <Source article={a} />
    </div>
  );
}

// Where the article comes from, as far as anybody knows.
function Source({ article: a }: { article: Article }) {
  const [publisher, agency, cited] = a.attribution;
  const told = (field: string, value: string | undefined) =>
    a.provenance?.find((p) => p.field === field && p.value === value);
  const chain = [publisher, agency, (cited as readonly string[] | undefined)?.join(', ')].filter(Boolean).join(' ← ');
  const language = told('language', a.language);
  const by = told('agency', a.agency);
  const facts: [string, ReactNode][] = [
    ['Says so', chain],
    [
      'Agency',
      a.agency && (
        <>
          {a.agency} {by && <Sure of={by} />}
        </>
      ),
    ],
    [
      'Language',
      a.language && (
        <>
          {languageName(a.language)} {language && <Sure of={language} />}
        </>
      ),
    ],
    [
      'Filed',
      a.filed && (
        <>
          {[(a.filed.places ?? []).join(', '), a.filed.date].filter(Boolean).join(', ') || a.filed.text}{' '}
          <Sure of={a.filed} />
        </>
      ),
    ],
    [
      'Translated',
      a.translation && a.translation.likelihood >= 0.05 && (
        <>
          {sure(a.translation.likelihood)} likely
          {a.translation.reasons &&
            `: ${a.translation.reasons.map((r) => (r.text ? `${r.why} (${r.text})` : r.why)).join('; ')}`}
        </>
      ),
    ],
    ['Published', a.published_at && <Time at={a.published_at} />],
    ['Received', <Time key="received" at={a.received_at} />],
    ['Takes', a.reading_time && `${plural(Math.max(1, Math.round(a.reading_time / 60)), 'minute')} to read`],
    [
      'Arrived as',
      a.original && [a.original.format, a.original.size && plural(a.original.size, 'byte')].filter(Boolean).join(', '),
    ],
    ['Address', a.url],
    ['Name', a.uri],
    ['Flags', a.flags?.map((f) => f.replaceAll('_', ' ')).join(', ')],
  ];
  return (
    <section className="found-source">
      <h3>Where it comes from</h3>
      <dl className="facts-list">
        {facts
          .filter(([, value]) => value !== undefined && value !== '' && value !== false && value !== 0)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ))}
      </dl>
      <Correct article={a} field="language" name="Language" />
      <Correct article={a} field="agency" name="Agency" />
    </section>
  );
}
