// One article before its time, with what says so wherever it goes.
import { type ClipboardEvent, memo, useEffect, useState } from 'react';
import type { Article } from '../api/client';
import { Paper } from '../article/Paper';
import { Button } from '../ui/Button';
import { copy as put } from '../ui/clipboard';
import { Link } from '../ui/Link';
import { ReadingPane } from '../ui/ReadingPane';
import { useServiceSecond } from '../ui/second';
import { remaining, Time } from '../ui/Time';
import { languageName } from '../ui/words';
import { type Ahead, endOf } from './ahead';
import { Over } from './Over';
import { plainText, untilUTC, warning } from './words';
import '../article/reading.css';
import '../article/article.css';

const Copy = memo(Paper);

export function Pane({ uri, ahead }: { uri: string; ahead: Ahead }) {
  const article = ahead.articles.find((a) => a.uri === uri);
  const gone = ahead.gone.find((g) => g.uri === uri);
  // It may stand further down than the list was asked for.
  const { more, error } = ahead;
  useEffect(() => {
    if (!article && !gone && !error) more?.();
  }, [article, gone, error, more]);
  return (
    <ReadingPane actions={article && <CopyText article={article} />}>
      {article ? <Body article={article} /> : <Missing uri={uri} ahead={ahead} gone={gone !== undefined} />}
    </ReadingPane>
  );
}

function Body({ article: a }: { article: Article }) {
  // Whoever takes words out takes along that they must wait.
  const copied = (e: ClipboardEvent) => {
    const words = String(getSelection() ?? '');
    if (words === '') return;
    e.preventDefault();
    e.clipboardData.setData('text/plain', `${warning(a)}\n\n${words}`);
  };
  return (
    <div className="paper" onCopy={copied}>
      <Mark article={a} />
      <p className="paper-about">
        {a.agency && <b>{a.agency}</b>}
        <span>{a.source}</span>
        {a.language && <span>{languageName(a.language)}</span>}
      </p>
      <Copy article={a} />
    </div>
  );
}

function Mark({ article: a }: { article: Article }) {
  const now = useServiceSecond();
  const end = endOf(a);
  if (now === undefined) return null;
  if (now >= end) {
    return (
      <p className="embargo-mark over">
        Embargo ended <Time at={a.embargo_until} form="clock" />
      </p>
    );
  }
  return (
    <p className="embargo-mark">
      Embargo until {untilUTC(end, now)}{' '}
      <span className="embargo-left" aria-hidden="true">
        ({remaining(end - now)})
      </span>
    </p>
  );
}

function CopyText({ article: a }: { article: Article }) {
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await put(plainText(a));
      setSaid('Copied, with its embargo');
    } catch {
      setSaid('Not copied: the browser doesn’t let this page');
    }
  };
  return (
    <>
      <span className="said" role="status">
        {said}
      </span>
      <Button className="button plain" onPress={() => void copy()}>
        Copy as text
      </Button>
    </>
  );
}

function Missing({ uri, ahead, gone }: { uri: string; ahead: Ahead; gone: boolean }) {
  if (ahead.error || ahead.stale) {
    return (
      <div className="message" role="alert">
        <h2>Not known now</h2>
        <p>The service doesn’t tell whether this still waits. Treat it as under its embargo.</p>
      </div>
    );
  }
  if (ahead.pending || (ahead.unread && !gone)) return <div className="paper" aria-busy="true" />;
  return (
    <div className="message" role="alert">
      <h2>Not under an embargo</h2>
      {gone && <Over gone={{ uri, until: ahead.gone.find((g) => g.uri === uri)?.until ?? '' }} />}
      <p>
        What became of it{' '}
        <Link fresh to={{ uri }}>
          the search
        </Link>{' '}
        knows, as for everybody.
      </p>
    </div>
  );
}
