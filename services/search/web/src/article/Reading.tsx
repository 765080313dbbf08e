// The article beside the list. Loaded on demand, with all that shows articles.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { Tab, TabList, TabPanel, Tabs, ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { go, useAddress } from '../address';
import { ApiError, type Article, type Found } from '../api/client';
import { told as ask, keys, type Told } from '../api/search';
import { goneSays } from '../search/HitRow';
import { takeOut } from '../search/hits';
import type { Gone } from '../search/live';
import { Button } from '../ui/Button';
import { AskAgain, reasonOf } from '../ui/Failed';
import { Guarded } from '../ui/Guarded';
import { Link } from '../ui/Link';
import { ReadingPane } from '../ui/ReadingPane';
import { nowText } from '../ui/serviceClock';
import { Embargo, Time } from '../ui/Time';
import { languageName } from '../ui/words';
import { over as ends, useWithdrawn, withdraw } from '../withdrawn';
import { Actions } from './Actions';
import { Details } from './Details';
import { MarkedText } from './Marked';
import { markKinds, marksOf } from './marks';
import { Paper } from './Paper';
import { Revisions } from './Revisions';
import { Similar } from './Similar';
import './article.css';
import './reading.css';

/** How often it is asked what became of the article that is read, in milliseconds: the list's feed tells only of what its search finds. */
const askedEvery = 5_000;

/** Likewise while the index is behind what the feed told. */
const behindEvery = 500;

interface Props {
  uri: string;
  revision: string | null;
  /** The newest revision that the live feed has told of; the index may be a moment behind. */
  awaited: string | undefined;
  /** Hears what is read; '' where nothing is. */
  titled: (headline: string) => void;
}

/** Whether what was read is older than what the feed has told of. */
function behind(found: Told | undefined, awaited: string | undefined): boolean {
  if (found === undefined || 'refused' in found || awaited === undefined) return false;
  return BigInt(found.article.revision) < BigInt(awaited);
}

export default function Reading({ uri, revision, awaited, titled }: Props) {
  const cache = useQueryClient();
  const asked = useQuery({
    queryKey: keys.article(uri, revision),
    queryFn: ({ signal }) => ask(uri, revision, signal),
    staleTime: 0,
    refetchInterval: ({ state }) => (revision === null && behind(state.data, awaited) ? behindEvery : askedEvery),
  });
  const refused = asked.data && 'refused' in asked.data ? asked.data.refused : undefined;
  const data = asked.data && 'refused' in asked.data ? undefined : asked.data;
  // Where the service is away for a moment, what is read stays, and so does that it isn't to be had.
  const error = refused ?? (data ? null : reasonOf(asked));
  const over = refused !== undefined || data?.article.status === 'canceled';
  const told = useWithdrawn().get(uri);
  // It may have been sent again since.
  const withdrawn = told && (!data || ends(told.revision, data.article.revision)) ? told : undefined;
  const killed = data?.article.status === 'canceled' && !withdrawn ? data.article : undefined;
  const { revision: killedBy, received_at: killedAt } = killed ?? {};
  useEffect(() => {
    if (killedBy) withdraw(uri, { reason: 'canceled', at: killedAt ?? nowText(), revision: killedBy });
  }, [uri, killedBy, killedAt]);
  useEffect(() => {
    if (!over) return;
    takeOut(cache, uri);
    // Nor may its other revisions come back from the cache.
    cache.removeQueries({ queryKey: ['article', uri], type: 'inactive' });
  }, [over, cache, uri]);
  // Where the article covers the list, it is what the page is about, and focus goes with it.
  const hidden = withdrawn !== undefined;
  const readable = !hidden && data?.article.status === 'usable';
  const title = readable ? data.article.headline : undefined;
  useEffect(() => {
    titled(title ?? '');
    return () => titled('');
  }, [title, titled]);
  return (
    <ReadingPane actions={readable && <Actions article={data.article} />}>
      {withdrawn ? <Notice reason={withdrawn.reason} at={withdrawn.at} /> : <Body found={data} error={error} />}
    </ReadingPane>
  );
}

function Body({ found, error }: { found: Found | undefined; error: Error | null }) {
  if (error) {
    const missing = error instanceof ApiError && error.problem.status === 404;
    return (
      <div className="message" role="alert">
        <h2>{missing ? 'This article isn’t there' : 'This article can’t be shown'}</h2>
        <p>{missing ? 'It may be withheld, under embargo, or over.' : error.message}</p>
        {!missing && (
          <p>
            <AskAgain button />
          </p>
        )}
      </div>
    );
  }
  if (!found) return <div className="paper" aria-busy="true" />;
  if (found.article.status === 'canceled') return <Notice reason="canceled" at={found.article.received_at} />;
  return <Parts found={found} />;
}

const parts = ['text', 'found', 'revisions', 'similar'] as const;

function Parts({ found }: { found: Found }) {
  const address = useAddress();
  const pane = parts.find((p) => p === address.get('pane')) ?? 'text';
  const names = {
    text: 'Text',
    found: 'Found in it',
    revisions:
      found.revisions.length > 1
        ? `Revisions (${found.revisions.length}${found.more_revisions ? '+' : ''})`
        : 'Revisions',
    similar: 'Similar',
  };
  const panes = {
    text: <Text found={found} />,
    found: <Details article={found.article} newest={found.newest} />,
    revisions: <Revisions key={found.article.uri} found={found} />,
    similar: <Similar found={found} />,
  };
  return (
    <Tabs
      className="paper-parts"
      selectedKey={pane}
      onSelectionChange={(to) => go({ pane: to === 'text' ? null : String(to) }, { replace: true })}
    >
      <TabList className="paper-tabs" aria-label="Of the article">
        {parts.map((p) => (
          <Tab key={p} id={p} className="paper-tab">
            {names[p]}
          </Tab>
        ))}
      </TabList>
      {parts.map((p) => (
        <TabPanel key={p} id={p} className="paper">
          <About article={found.article} />
          {!found.newest && (
            <p className="older">
              This is an older revision. <Link to={{ revision: null }}>Read the newest</Link>
            </p>
          )}
          {p !== 'text' && <h2 className="unseen">{names[p]}</h2>}
          <Guarded>{panes[p]}</Guarded>
        </TabPanel>
      ))}
    </Tabs>
  );
}

// The text, with what the reader wants marked in it.
function Text({ found }: { found: Found }) {
  const address = useAddress();
  const asked = address.get('marks') ?? '';
  const article = found.article;
  const marks = useMemo(() => marksOf(article, new Set(asked.split(','))), [article, asked]);
  const chosen = asked === '' ? [] : asked.split(',');
  return (
    <>
      <div className="marking">
        <span id="marking">Mark</span>
        <ToggleButtonGroup
          className="marking-kinds"
          aria-labelledby="marking"
          selectionMode="multiple"
          selectedKeys={chosen}
          onSelectionChange={(to) => go({ marks: [...to].join(',') }, { replace: true })}
        >
          {markKinds.map((k) => (
            <ToggleButton key={k.kind} id={k.kind} className={`button plain marking-kind ${k.kind}`}>
              {k.label}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        {chosen.length > 0 && (
          <Button className="quiet" onPress={() => go({ marks: null }, { replace: true })}>
            None
          </Button>
        )}
      </div>
      <MarkedText marks={marks} language={article.language}>
        <Paper article={article} />
      </MarkedText>
    </>
  );
}

function About({ article: a }: { article: Article }) {
  return (
    <p className="paper-about">
      {a.agency && <b>{a.agency}</b>}
      <span>{a.source}</span>
      <Time at={a.sort_date} />
      {a.language && <span>{languageName(a.language)}</span>}
      <Embargo until={a.embargo_until} />
    </p>
  );
}

/** In place of an article that was killed or is held: nothing of it stays on the page. */
function Notice({ reason, at }: { reason: Gone; at: string | undefined }) {
  return (
    <div className={`notice ${reason}`} role="alert">
      <h2>{reason === 'canceled' ? 'Killed' : 'Not to be had'}</h2>
      <p>{goneSays[reason]}</p>
      <p>
        <Time at={at} />
      </p>
    </div>
  );
}
