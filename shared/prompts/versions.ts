/** Every version of the prompt that a profile may name. A changed text is a new version, never an edit. */
export const PROMPT_VERSIONS = ['triplegain-1', 'triplegain-2', 'triplegain-3'] as const;
export type PromptVersion = (typeof PROMPT_VERSIONS)[number];
