import { useEffect, useState } from 'react';

/** A value as soon as it hasn't changed for so many milliseconds. */
export function useSettled<T>(value: T, after: number): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), after);
    return () => clearTimeout(timer);
  }, [value, after]);
  return settled;
}
