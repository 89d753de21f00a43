import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RiskLimitsSchema } from '../risk/limits.ts';
import { SnapshotSchema } from '../snapshot.ts';
import { buildPrompt } from './build-prompt.ts';
import { PROMPT_VERSIONS, type PromptVersion } from './versions.ts';

const file = join(import.meta.dirname, 'published-snapshot.fixture.json');
const snapshot = SnapshotSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
const limits = RiskLimitsSchema.parse({});

/** Results are kept by these names: a text that differs is another version. */
const PUBLISHED: Record<PromptVersion, string> = {
  'triplegain-1': '53eb2d35ff680cc5',
  'triplegain-2': '7d9f3c22859a4ace',
  'triplegain-3': 'c72caa06477300b1',
};

test.each(PROMPT_VERSIONS)('%s says of one snapshot what it has always said', (version) => {
  const prompt = buildPrompt(version, { snapshot, snapshotHash: 'c0ffee123456789', limits });
  const text = `${prompt.system}\n${prompt.user}`;
  expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toBe(PUBLISHED[version]);
});
