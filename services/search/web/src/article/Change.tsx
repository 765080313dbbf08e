// What all forms have in common by which a field of an article is corrected.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Button, Form, Heading, Input, Label, TextField } from 'react-aria-components';
import { articleKeys, correct, type Override, takeBack } from '../api/article';
import { ApiError, type Article, type Problem } from '../api/client';
import { Time } from '../ui/Time';

export interface EditorProps {
  article: Article;
  field: string;
  name: string;
  override: Override;
  close: () => void;
  /** While a change is on its way, and when it is made, what stands is its own doing. */
  hold: (held: boolean) => void;
}

export interface Change {
  /** What an editor says of the field now. */
  said: Override['fields'][number] | undefined;
  why: string;
  setWhy: (why: string) => void;
  /** Sends what the field is to be; undefined: takes the correction back. */
  send: (value: unknown) => void;
  /** What was refused is put right. */
  forget: () => void;
  pending: boolean;
  error: Error | null;
  problem: Problem | undefined;
  /** What stands then. */
  made: Override | undefined;
  /** What was sent takes the correction back: nothing of it holds any more. */
  back: boolean;
}

/** `reason`: the one that was written before the form was left. */
export function useChange({ article, field, override, hold }: EditorProps, reason = ''): Change {
  const cache = useQueryClient();
  const [why, setWhy] = useState(reason);
  const change = useMutation({
    mutationFn: (value: unknown) =>
      value === undefined
        ? takeBack(article.uri, field, why.trim(), override.number)
        : correct(article.uri, field, value, why.trim(), override.number),
    onMutate: () => hold(true),
    onSuccess: (now) => {
      cache.setQueryData(articleKeys.overrides(article.uri), (old: Override | undefined) => ({ ...old, ...now }));
      void cache.invalidateQueries({ queryKey: ['article', article.uri] });
    },
    onError: (e) => {
      hold(false);
      if (e instanceof ApiError && e.problem.status === 412)
        void cache.invalidateQueries({ queryKey: articleKeys.overrides(article.uri) });
    },
  });
  return {
    said: override.fields.find((f) => f.field === field),
    why,
    setWhy,
    send: change.mutate,
    forget: () => {
      if (change.isError) change.reset();
    },
    pending: change.isPending,
    error: change.error,
    problem: change.error instanceof ApiError ? change.error.problem : undefined,
    made: change.data,
    back: change.variables === undefined,
  };
}

/** In place of the form, once the change is made. */
export function Kept({ made, holds, close }: { made: Override; holds: string; close: () => void }) {
  return (
    <div className="ask">
      <Heading slot="title">{made.action ? 'Kept' : 'It says so already'}</Heading>
      <p>The article has it as soon as it was enriched again. {holds}</p>
      <p className="ask-buttons">
        <Button className="button main" onPress={close} autoFocus>
          Close
        </Button>
      </p>
    </div>
  );
}

/** Takes back what an editor says of the field, where one does. */
export function TakeBack({ change }: { change: Change }) {
  if (!change.said) return null;
  return (
    <Button className="button" isDisabled={change.pending} onPress={() => change.send(undefined)}>
      Take the correction back
    </Button>
  );
}

export function Trouble({ children }: { children: string | undefined }) {
  if (!children) return null;
  return (
    <p className="trouble" role="alert">
      {children}
    </p>
  );
}

interface Props {
  title: string;
  change: Change;
  /** What becomes of it in later revisions. */
  holds: string;
  submit: () => void;
  close: () => void;
  /** What is wrong with what is about to be sent, or was refused; by default what the service says. */
  trouble?: string | undefined;
  children: ReactNode;
}

export function ChangeForm({ title, change, holds, submit, close, trouble = change.error?.message, children }: Props) {
  const { said, made } = change;
  if (made) return <Kept made={made} holds={change.back ? '' : holds} close={close} />;
  return (
    <Form
      className="ask"
      onSubmit={(e) => {
        e.preventDefault();
        submit();
      }}
    >
      <Heading slot="title">{title}</Heading>
      {said && (
        <p className="aside">
          Corrected by {said.who ?? 'an editor'}, <Time at={said.at} />
          {said.reason && `: ${said.reason}`}
        </p>
      )}
      {children}
      <TextField value={change.why} onChange={change.setWhy} maxLength={1000}>
        <Label>Why (kept with your name)</Label>
        <Input autoComplete="off" />
      </TextField>
      <Trouble>{trouble}</Trouble>
      <p className="ask-buttons">
        <TakeBack change={change} />
        <Button className="button" onPress={close}>
          Cancel
        </Button>
        <Button className="button main" type="submit" isDisabled={change.pending}>
          Correct
        </Button>
      </p>
    </Form>
  );
}
