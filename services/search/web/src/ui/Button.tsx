// A button of the browser's own. What opens a menu or a dialog, or belongs to a form, takes the
// component library's, which the first sight of the list doesn't wait for.
import type { ButtonHTMLAttributes } from 'react';

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type' | 'disabled' | 'onClick'> {
  className: string;
  onPress: () => void;
  isDisabled?: boolean;
}

export function Button({ onPress, isDisabled = false, ...rest }: Props) {
  // Safari focuses a button that is clicked only if it has a tab index.
  return (
    <button type="button" tabIndex={isDisabled ? undefined : 0} disabled={isDisabled} onClick={onPress} {...rest} />
  );
}
