/** What a desk may do now; `DeskState` tells since when, until when, by whom and why. */
export const DESK_MODES = ['running', 'paused', 'reduced', 'halted', 'flattening'] as const;
export type DeskMode = (typeof DESK_MODES)[number];
