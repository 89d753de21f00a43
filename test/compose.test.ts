import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

/** What the tests below read of a service; the schema has checked the shapes. */
interface Service {
  image: string;
  ports?: string[];
  volumes?: string[];
  healthcheck?: unknown;
  restart?: string;
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string>;
}
interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

const root = join(import.meta.dirname, '..');
const source = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const compose = parse(source) as Compose;
const services = Object.entries(compose.services);

// The schema of the Compose Specification (Apache-2.0), as the Go module
// github.com/compose-spec/compose-go/v2 v2.16.2 carries it, read 2026-11-21.
const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, 'support', 'compose-spec.schema.json'), 'utf8'),
) as object;

function problems(document: unknown): string[] {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  validate(document);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

test('docker-compose.yml is a valid compose file', () => {
  expect(problems(compose)).toEqual([]);
});

test('the schema refuses what Docker would refuse', () => {
  const wrong = { ...compose, services: { a: { image: 'x:1', portz: ['1:1'] }, b: { image: 7 } } };
  expect(problems(wrong)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('/services/a must NOT have'),
      expect.stringContaining('/services/b/image must be string'),
    ]),
  );
});

test.each(services)('%s: version pinned, ports on this host only', (_, service) => {
  expect(service.image).toMatch(/:\d+\.\d+/);
  for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
});

test.each(services)('%s: what it waits for exists and can come true', (_, service) => {
  for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
    const other = compose.services[name];
    expect(other, name).toBeDefined();
    if (condition === 'service_healthy') expect(other?.healthcheck).toBeDefined();
    // A service that is always started again never completes.
    else expect(other?.restart).toMatch(/^on-failure/);
  }
});

test.each(services)('%s: what it mounts exists', (_, service) => {
  for (const volume of service.volumes ?? []) {
    const from = volume.split(':')[0] ?? '';
    if (from.startsWith('./')) expect(existsSync(join(root, from)), from).toBe(true);
    else expect(Object.keys(compose.volumes)).toContain(from);
  }
});

test('no secret has a default: a missing one is asked for by name', () => {
  const secrets = services
    .flatMap(([, { environment }]) => Object.entries(environment ?? {}))
    .filter(([name]) => /PASSWORD|PWD|SECRET|KEY/.test(name));
  expect(secrets.length).toBeGreaterThan(0);
  for (const [, value] of secrets) expect(value).toMatch(/^\$\{[A-Z_]+:\?[^}]+\}$/);
});

test('the trading database is not the one of Temporal', () => {
  expect(compose.services['temporal']?.environment?.['POSTGRES_SEEDS']).toBe('temporal-db');
  expect(compose.services['database']?.image).toContain('timescaledb');
  expect(compose.services['temporal-db']?.ports).toBeUndefined();
});
