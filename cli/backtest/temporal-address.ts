import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_PORT_BASE, openHome, portsFrom } from '../../infra/home.ts';

/** Where the Temporal server is: TEMPORAL_ADDRESS, or the one of the home at `dir`. */
export function temporalAddressOf(dir: string, env: NodeJS.ProcessEnv = process.env): string {
  const given = env['TEMPORAL_ADDRESS'];
  if (given !== undefined && given !== '') return given;
  const ports = existsSync(join(dir, 'home.json'))
    ? openHome({ dir }).ports
    : portsFrom(DEFAULT_PORT_BASE);
  return `127.0.0.1:${ports.temporal}`;
}
