// What stands where something can't be had: why, and the way to ask again.
import { useQueryClient } from '@tanstack/react-query';
import { askAgain } from '../api/cache';
import { ApiError } from '../api/client';
import { Button } from './Button';

/** What is known of a question that was asked. */
export interface Asked {
  data: unknown;
  error: Error | null;
  /** Why it is being asked again. */
  failureReason: Error | null;
}

/** Why an answer is missing, also while it is asked for again. */
export const reasonOf = (asked: Asked): Error | null => asked.error ?? asked.failureReason;

export const titleOf = (error: Error): string => (error instanceof ApiError ? error.problem.title : 'Something failed');

const again = (error: Error): string =>
  error instanceof ApiError && error.passes ? 'It is asked again by itself.' : '';

interface Props {
  asked: Asked;
  /** What it means that there is no such thing; without it, that is a failure as any other. */
  missing?: { title: string; text: string };
}

/** Nothing, if nothing failed. Where an older answer is still shown, a line above it. */
export function Failed({ asked, missing }: Props) {
  const error = reasonOf(asked);
  // What was asked wrongly is told where it was asked.
  if (!error || (error instanceof ApiError && error.problem.status === 400)) return null;
  if (missing && error instanceof ApiError && error.problem.status === 404) {
    return (
      <section className="message" role="alert">
        <h2>{missing.title}</h2>
        <p>{missing.text}</p>
      </section>
    );
  }
  if (asked.data !== undefined) {
    return (
      <p className="failed" role="status">
        <span>
          {titleOf(error)}. What stands here was seen before. {again(error)}
        </span>{' '}
        <AskAgain />
      </p>
    );
  }
  return (
    <section className="message" role="alert">
      <h2>{titleOf(error)}</h2>
      <p>
        {error.message} {again(error)}
      </p>
      <p>
        <AskAgain button />
      </p>
    </section>
  );
}

/** Asks again for all that failed. */
export function AskAgain({ button = false }: { button?: boolean }) {
  const cache = useQueryClient();
  return (
    <Button className={button ? 'button' : 'quiet'} onPress={() => void askAgain(cache)}>
      Try again
    </Button>
  );
}
