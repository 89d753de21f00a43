import { expect, test } from 'vitest';
import { serverEnvironment } from './server-environment.ts';

test('a server sees no key of the user, and nothing that would bend it', () => {
  const env = {
    ...{ PATH: '/bin', HOME: '/h', TEMPORAL_ADDRESS: 'x:1' },
    ...{ KRAKEN_API_KEY: 'k', KRAKEN_API_SECRET: 's', GITHUB_TOKEN: 't', PGPASSWORD: 'p' },
  };
  expect(serverEnvironment(env, (name) => /^(TEMPORAL_|PG)/.test(name))).toEqual({
    PATH: '/bin',
    HOME: '/h',
  });
});
