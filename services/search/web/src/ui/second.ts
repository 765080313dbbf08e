import { useSyncExternalStore } from 'react';
import { onSecond, struck } from './serviceClock';

/** The second since 1970 at the service; undefined before it told its time. */
export const useServiceSecond = (): number | undefined => useSyncExternalStore(onSecond, struck);
