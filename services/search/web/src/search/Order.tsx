import { go, useAddress } from '../address';
import { orderOf } from '../api/search';
import { Button } from '../ui/Button';

/** Which articles come first. */
export function Order() {
  const address = useAddress();
  const sort = orderOf(address);
  return (
    <fieldset className="order" aria-label="Order">
      <Button className="button plain" aria-pressed={sort === 'time'} onPress={() => go({ sort: null })}>
        Newest
      </Button>
      <Button
        className="button plain"
        aria-pressed={sort === 'relevance'}
        isDisabled={!address.get('q')}
        onPress={() => go({ sort: 'relevance' })}
      >
        Best
      </Button>
    </fieldset>
  );
}
