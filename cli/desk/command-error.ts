/** A command that could not be carried out: exit status 1, the message says why and what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
