import { createHash, createHmac } from 'node:crypto';
import type { SigningText } from '../../../shared/kraken/signing.ts';

/** The API-Sign header of a private call; `secret` is the key's secret as Kraken shows it (base64). */
export function apiSign(secret: string, text: SigningText): string {
  const digest = createHash('sha256').update(text.digest).digest();
  return createHmac('sha512', Buffer.from(secret, 'base64'))
    .update(text.path)
    .update(digest)
    .digest('base64');
}
