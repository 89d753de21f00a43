import { Connection } from '@temporalio/client';

/** Throws saying what to do when no server answers. */
export async function connectTemporal(address: string): Promise<Connection> {
  try {
    return await Connection.connect({ address, connectTimeout: '5s' });
  } catch (cause) {
    throw new Error(
      `no Temporal server answers at ${address}: run npm start beside this, or set TEMPORAL_ADDRESS`,
      { cause },
    );
  }
}
