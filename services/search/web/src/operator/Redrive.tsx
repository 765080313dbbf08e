// Sends letters back to where they came from, and says what became of each.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  Button,
  Dialog,
  DialogTrigger,
  Form,
  Heading,
  Input,
  Label,
  Modal,
  ModalOverlay,
  TextField,
} from 'react-aria-components';
import { type Redriven, redrive } from '../api/operator';
import { plural } from '../ui/words';
import '../ui/ask.css';

interface Props {
  letters: string[];
  /** It was redriven or discarded before: sending it again has to be said. */
  handled?: boolean;
  done?: () => void;
}

export function Redrive({ letters, handled = false, done }: Props) {
  const cache = useQueryClient();
  const [why, setWhy] = useState('');
  const { mutate, reset, data, error, isPending } = useMutation({
    mutationFn: () => redrive(letters, why.trim(), handled),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: ['operator'] });
    },
  });
  return (
    <DialogTrigger
      onOpenChange={(open) => {
        if (open) {
          reset();
          setWhy('');
        } else if (data) done?.();
      }}
    >
      <Button className="button" isDisabled={letters.length === 0}>
        {letters.length > 1 ? `Send ${letters.length} back` : handled ? 'Send back again' : 'Send back'}
      </Button>
      <ModalOverlay className="veil" isDismissable={!isPending}>
        <Modal className="modal narrow">
          <Dialog>
            {({ close }) =>
              data ? (
                <Outcome result={data} close={close} />
              ) : (
                <Form
                  className="ask"
                  onSubmit={(e) => {
                    e.preventDefault();
                    mutate();
                  }}
                >
                  <Heading slot="title">Send {plural(letters.length, 'letter')} back?</Heading>
                  <p>
                    {letters.length === 1 ? 'It goes' : 'Each goes'} to the topic that it came from, as it was, and is
                    tried anew.
                    {handled
                      ? ' It was handled before, and is sent once more.'
                      : ' What was handled before is not sent again.'}
                  </p>
                  <TextField value={why} onChange={setWhy} maxLength={1000} autoFocus>
                    <Label>Why (kept with your name)</Label>
                    <Input autoComplete="off" />
                  </TextField>
                  {error && (
                    <p className="trouble" role="alert">
                      {error.message}
                    </p>
                  )}
                  <p className="ask-buttons">
                    <Button className="button" onPress={close} isDisabled={isPending}>
                      Cancel
                    </Button>
                    <Button className="button main" type="submit" isDisabled={isPending}>
                      {isPending ? 'Sending' : 'Send back'}
                    </Button>
                  </p>
                </Form>
              )
            }
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

function Outcome({ result, close }: { result: Redriven; close: () => void }) {
  const not = result.results.filter((r) => r.outcome !== 'redriven');
  return (
    <div className="ask">
      <Heading slot="title">{plural(result.redriven, 'letter')} sent back</Heading>
      {result.before > 0 && <p>{plural(result.before, 'letter')} had been handled before.</p>}
      {not.length > 0 && (
        <ul className="ask-not">
          {not.map((r) => (
            <li key={r.letter}>
              {r.letter}: {r.reason ?? (r.handled ? `${r.handled.done} by ${r.handled.by}` : r.outcome)}
            </li>
          ))}
        </ul>
      )}
      <p className="ask-buttons">
        <Button className="button main" onPress={close} autoFocus>
          Close
        </Button>
      </p>
    </div>
  );
}
