// Text with what was found in it: each finding is a button that says how anybody knows.
import { createContext, Fragment, type ReactNode, useContext, useMemo, useRef, useState } from 'react';
import { Button, Dialog, Popover } from 'react-aria-components';
import type { Segment } from '../api/client';
import { Link } from '../ui/Link';
import { scriptOf } from '../ui/script';
import { type Finding, type Mark, markKinds, runs, signer, sure } from './marks';

interface Marking {
  marks: readonly Mark[];
  open: (mark: Mark, at: HTMLElement) => void;
}

const Marks = createContext<Marking>({ marks: [], open: () => undefined });

/** Has the texts inside show these marks. */
export function MarkedText({
  marks,
  language,
  children,
}: {
  marks: readonly Mark[];
  language: string | undefined;
  children: ReactNode;
}) {
  const [shown, setShown] = useState<Mark>();
  const at = useRef<HTMLElement>(null);
  const marking = useMemo(
    () => ({
      marks,
      open: (mark: Mark, element: HTMLElement) => {
        at.current = element;
        setShown(mark);
      },
    }),
    [marks],
  );
  return (
    <Marks value={marking}>
      {children}
      <Popover
        className="popover"
        triggerRef={at}
        isOpen={shown !== undefined}
        onOpenChange={(o) => !o && setShown(undefined)}
        placement="bottom start"
      >
        <Dialog className="finding" aria-label="What was found">
          {shown && <About finding={shown} language={language} />}
        </Dialog>
      </Popover>
    </Marks>
  );
}

const kindName = (kind: string): string => markKinds.find((k) => k.kind === kind)?.label ?? kind;

/** What is known of a finding, how sure it is, and where it came from. */
export function About({ finding: f, language }: { finding: Finding; language: string | undefined }) {
  // Of amounts and dates the name says what they mean.
  const meant = f.kind === 'amount' || f.kind === 'date';
  return (
    <>
      <p className="finding-kind">{kindName(f.kind)}</p>
      <p className="finding-name" {...(meant ? {} : scriptOf(language))}>
        {f.name}
      </p>
      {f.facts.map((fact) => (
        <p key={fact} className="finding-fact" dir="auto">
          {fact}
        </p>
      ))}
      <p className="finding-sure">
        <meter min={0} max={1} value={f.confidence} aria-label="How sure" />
        <span>
          {sure(f.confidence)} sure, says {signer(f)}
        </span>
      </p>
      {f.search && (
        <p>
          <Link fresh to={{ [f.search.facet]: f.search.value }}>
            All articles with it
          </Link>
        </p>
      )}
    </>
  );
}

/** The text of a segment. */
export function Words({ of }: { of: Segment }): ReactNode {
  const { marks, open } = useContext(Marks);
  if (marks.length === 0) return of.text;
  return runs(of, marks).map((r, i) => {
    const mark = r.mark;
    const words = mark ? (
      <button type="button" className={`mark ${mark.kind}`} onClick={(e) => open(mark, e.currentTarget)}>
        {r.text}
      </button>
    ) : (
      r.text
    );
    const quote = r.quote;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text have no other name
      <Fragment key={i}>
        {quote ? <span className="mark-quote">{words}</span> : words}
        {r.closing}
        {quote && r.last && (
          <Button className="speaker" onPress={(e) => open(quote, e.target as HTMLElement)}>
            {quote.name}
          </Button>
        )}
      </Fragment>
    );
  });
}
