const SECRET = /(^|_)(KEY|SECRET|TOKEN|PASSWORD|PASSPHRASE)$/;

/** An environment for a server that needs none of the user's keys: without what is named like a secret. */
export function serverEnvironment(
  env: NodeJS.ProcessEnv,
  isUnwanted: (name: string) => boolean = () => false,
): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !SECRET.test(name) && !isUnwanted(name)),
  );
}
