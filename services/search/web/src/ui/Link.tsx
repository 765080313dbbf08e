// A link within the page: an address like any other, that needs no loading.
import type { AnchorHTMLAttributes, MouseEvent } from 'react';
import { goTo, hrefOf, type Patch, patched, useAddress } from '../address';

interface Props extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  to: Patch;
  /** Leaves out everything of the address that is now. */
  fresh?: boolean;
  replace?: boolean;
}

export function Link({ to, fresh = false, replace = false, onClick, children, ...rest }: Props) {
  const address = useAddress();
  const target = patched(fresh ? new URLSearchParams() : address, to);
  const follow = (e: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(e);
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    goTo(target, { replace });
  };
  return (
    <a href={hrefOf(target)} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
