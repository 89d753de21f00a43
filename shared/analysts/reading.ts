import { z } from 'zod';

/** A word of an analyst's own vocabulary: text that others wrote does not fit through it. */
const word = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);

/** What an analyst says, in fields of its own: numbers, yes or no, words, and null for unknown. */
export const ReadingFieldsSchema = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/),
  z.union([z.number(), z.boolean(), word, z.null()]),
);
export type ReadingFields = z.infer<typeof ReadingFieldsSchema>;

/** The one shape of every analyst's part in a snapshot. */
export const ReadingSchema = z.strictObject({
  analyst: word,
  source: z.string().describe('What it has read'),
  availableAt: z.iso.datetime().nullable().describe('When all that it has read was there'),
  weight: z.number().min(0).max(1).describe('How much it is trusted, set by the profile'),
  reading: ReadingFieldsSchema.nullable().describe('Null when it has nothing to say'),
  missing: z.string().nullable().describe('Why there is no reading'),
});
export type Reading = z.infer<typeof ReadingSchema>;
