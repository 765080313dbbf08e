// Icons on a grid of 20, drawn for this page.
import type { ReactNode } from 'react';

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width="18"
      height="18"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon>
    <circle cx="8.5" cy="8.5" r="5" />
    <path d="m12.5 12.5 4.5 4.5" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="m5 5 10 10M15 5 5 15" />
  </Icon>
);
export const BackIcon = () => (
  <Icon>
    <path d="M16 10H4m5-5-5 5 5 5" />
  </Icon>
);
export const PauseIcon = () => (
  <Icon>
    <path d="M7 5v10M13 5v10" strokeWidth="2.4" />
  </Icon>
);
export const PlayIcon = () => (
  <Icon>
    <path d="M7 4.5v11l8.5-5.5z" fill="currentColor" />
  </Icon>
);
export const FilterIcon = () => (
  <Icon>
    <path d="M3 5h14M6 10h8M9 15h2" />
  </Icon>
);
export const MapIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="7" />
    <path d="M3 10h14M10 3c2.6 2.6 2.6 11.4 0 14M10 3c-2.6 2.6-2.6 11.4 0 14" />
  </Icon>
);
export const TimelineIcon = () => (
  <Icon>
    <path d="M4 16v-4M8 16V6M12 16V9M16 16V4" strokeWidth="2" />
  </Icon>
);
export const StarIcon = () => (
  <Icon>
    <path d="m10 3 2.1 4.5 4.9.6-3.6 3.4.9 4.9-4.3-2.4-4.3 2.4.9-4.9L3 8.1l4.9-.6z" />
  </Icon>
);
export const HelpIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="7" />
    <path d="M7.8 7.8a2.3 2.3 0 1 1 3.3 2.1c-.7.4-1.1.8-1.1 1.600M10 14.2v.1" />
  </Icon>
);
export const MoreIcon = () => (
  <Icon>
    <path d="M4 6h12M4 10h12M4 14h12" />
  </Icon>
);
export const ShareIcon = () => (
  <Icon>
    <path d="M10 12V3m-3 3 3-3 3 3M5 9H4v8h12V9h-1" />
  </Icon>
);
