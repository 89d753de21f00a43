import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';

import { assertPortsFree, freePort } from './ports.ts';

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

test('free ports pass', async () => {
  await assertPortsFree([{ name: 'PostgreSQL', port: await freePort() }]);
});

test('a taken port is told with its user and the way out', async () => {
  const [taken, free] = [await freePort(), await freePort()];
  const server = await listenOn(taken);
  try {
    const message = await assertPortsFree([
      { name: 'PostgreSQL', port: taken },
      { name: 'the dashboard', port: free },
    ]).then(
      () => 'no error',
      (error: Error) => error.message,
    );
    expect(message).toContain(`${taken} (for PostgreSQL): process ${process.pid}`);
    expect(message).toContain('--port-base');
    expect(message).not.toContain('dashboard');
  } finally {
    server.close();
  }
});
