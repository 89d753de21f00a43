/**
 * What of a private REST call is signed: API-Sign is the HMAC-SHA512 under the decoded secret of the path's
 * bytes followed by SHA-256 of `digest`.
 */
export interface SigningText {
  path: string;
  /** Nonce and body, exactly as sent. */
  digest: string;
}

/** What `API-Sign` is taken over: the path, and what is hashed first. */
export function signingText(path: string, nonce: string, body: string): SigningText {
  return { path, digest: nonce + body };
}

/** A form body in the given order, nonce first; what is undefined is left out. */
export function formBody(
  nonce: string,
  fields: Readonly<Record<string, string | undefined>>,
): string {
  const form = new URLSearchParams({ nonce });
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) form.set(name, value);
  }
  return form.toString();
}
