import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

import type { Log } from './supervise.ts';
import { TEMPORAL_CLI_VERSION } from './temporal-build.ts';

/** Answers with the archive's address for a version and platform; the SDK asks here too. */
const INFO_URL = 'https://temporal.download/cli';
/** Often only package registries can be reached: then the build should not wait for long. */
const ANSWER_TIMEOUT_MS = 4000;
const DOWNLOAD_TIMEOUT_MS = 300_000;

/** Fetches the pinned release of the Temporal CLI to `target`. Throws when it cannot be had. */
export async function downloadTemporal({
  target,
  log,
  infoUrl = INFO_URL,
}: {
  target: string;
  log: Log;
  infoUrl?: string;
}): Promise<void> {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  if (arch === undefined) throw new Error(`there is no release for ${process.arch}`);
  const query = `arch=${arch}&platform=${platform}&format=tar.gz`;
  const url = `${infoUrl}/v${TEMPORAL_CLI_VERSION}?${query}`;
  const info = await ask(url);
  log(`downloading the Temporal server ${TEMPORAL_CLI_VERSION}`);

  const folder = `${target}.download-${process.pid}`;
  await mkdir(folder, { recursive: true });
  try {
    const response = await get(info.archiveUrl, DOWNLOAD_TIMEOUT_MS);
    if (response.body === null) throw new Error(`${info.archiveUrl} answered without a body`);
    const archive = join(folder, 'archive.tar.gz');
    await pipeline(Readable.fromWeb(response.body), createWriteStream(archive));
    await promisify(execFile)('tar', ['-xzf', archive, '-C', folder, info.fileToExtract]);
    const file = join(folder, info.fileToExtract);
    if (!dirname(file).startsWith(folder)) throw new Error(`odd file name ${info.fileToExtract}`);
    await chmod(file, 0o755);
    await rename(file, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ask(url: string): Promise<{ archiveUrl: string; fileToExtract: string }> {
  const response = await get(url, ANSWER_TIMEOUT_MS);
  const { archiveUrl, fileToExtract } = (await response.json()) as Record<string, unknown>;
  if (typeof archiveUrl !== 'string' || typeof fileToExtract !== 'string') {
    throw new Error(`${url} answered in an unknown form`);
  }
  return { archiveUrl, fileToExtract };
}

async function get(url: string, timeoutMs: number): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    const { cause, message } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new Error(`${new URL(url).host} cannot be reached (${reason})`, { cause: error });
  }
  if (!response.ok) throw new Error(`${url} answered with status ${response.status}`);
  return response;
}
