import { randomInt } from 'node:crypto';
import { assertPortsFree } from './ports.ts';
import { portsFrom } from './home.ts';

/** A port base whose ports were all free a moment ago, below those that the system gives out. */
export async function freePortBase(): Promise<number> {
  for (;;) {
    const base = 20_000 + 10 * randomInt(1_000);
    const ports = Object.entries(portsFrom(base)).map(([name, port]) => ({ name, port }));
    const areFree = await assertPortsFree(ports).then(
      () => true,
      () => false,
    );
    if (areFree) return base;
  }
}
