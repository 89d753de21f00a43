// The door of every npm script: makes sure that the dependencies are installed as package-lock.json
// says, then runs a program under the Node version that comes with the project.
//
//   node infra/launch.mjs FILE.ts [args]     runs a TypeScript file
//   node infra/launch.mjs --run TOOL [args]  runs a tool out of node_modules/.bin
//
// Plain JavaScript without dependencies, for it runs before there are any, on Node 20 or newer.
// Writes to stderr only: stdout belongs to the program.

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.triplegain-installed');
const WINDOWS = process.platform === 'win32';

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  fail(
    `TripleGain needs Node ${OLDEST_NODE} or newer to start (it then uses its own Node 24); this is ${process.version}. See https://nodejs.org`,
  );
}

try {
  const command = parse(process.argv.slice(2));
  if (!isInstalled()) await install();
  run(command);
} catch (error) {
  fail(error.message);
}

function parse(args) {
  const usage = 'usage: node infra/launch.mjs FILE.ts [args] | --run TOOL [args]';
  if (args[0] === '--run') {
    if (args[1] === undefined) fail(usage, 2);
    return { tool: args[1], args: args.slice(2) };
  }
  if (args[0] === undefined) fail(usage, 2);
  return { file: args[0], args: args.slice(1) };
}

// ---- dependencies ----

/** Whether node_modules holds what package-lock.json asks for; cheap when nothing has changed. */
function isInstalled() {
  const lockfile = readLockfile();
  if (!existsSync(ownNode())) return false;
  if (readIfThere(STAMP) === fingerprint(lockfile)) return true;
  // Installed by a plain `npm ci` or `npm install`: npm's own record tells.
  if (readIfThere(STAMP) !== null || !matchesRecord(lockfile)) return false;
  writeFileSync(STAMP, fingerprint(lockfile));
  return true;
}

function matchesRecord(lockfile) {
  const record = readIfThere(join(MODULES, '.package-lock.json'));
  if (record === null) return false;
  const installed = JSON.parse(record).packages;
  return Object.entries(JSON.parse(lockfile).packages).every(([path, wanted]) => {
    if (path === '' || wanted.link) return true;
    const have = installed[path];
    if (have === undefined) return wanted.optional === true || wanted.devOptional === true;
    return have.version === wanted.version && have.integrity === wanted.integrity;
  });
}

function readLockfile() {
  const lockfile = readIfThere(join(ROOT, 'package-lock.json'));
  if (lockfile === null)
    fail(`${join(ROOT, 'package-lock.json')} is missing: is the checkout complete?`);
  return lockfile;
}

function fingerprint(lockfile) {
  const machine = `${process.platform}-${process.arch}`;
  return createHash('sha256').update(lockfile).update(machine).digest('hex');
}

async function install() {
  const release = await lock();
  try {
    if (!isInstalled()) await npmCi();
  } finally {
    release();
  }
}

async function npmCi() {
  const packages = Object.keys(JSON.parse(readLockfile()).packages).filter((path) => path !== '');
  const begun = Date.now();
  const seconds = () => `${Math.round((Date.now() - begun) / 1000)} s`;
  say('installing the dependencies (npm ci), this once');
  // A half-finished installation must not look whole.
  rmSync(STAMP, { force: true });

  // Under npm the same npm is used again, else the one on the PATH.
  const path = process.env.npm_execpath;
  const npm =
    path !== undefined && basename(path) === 'npm-cli.js' ? [process.execPath, path] : ['npm'];
  const flags = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
  // Flags given to `npm start` come down by the environment and would leave parts out.
  flags.push('--include=dev', '--include=optional', '--dry-run=false');
  const child = spawn(npm[0], [...npm.slice(1), 'ci', ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: WINDOWS && npm.length === 1,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  let told = 0;
  const timer = setInterval(() => {
    const there = packages.filter((path) => existsSync(join(ROOT, path, 'package.json'))).length;
    const step =
      there === told && there > packages.length / 2
        ? 'running the install scripts'
        : `${there} of up to ${packages.length} packages`;
    told = there;
    say(`  ${step} (${seconds()})`);
  }, 3000);
  const stop = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop);
  const status = await new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        error.code === 'ENOENT'
          ? new Error('npm was not found: it comes with Node, see https://nodejs.org')
          : error,
      );
    });
    child.once('close', (code, signal) => resolve(signal ?? code));
  }).finally(() => {
    clearInterval(timer);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, stop);
  });
  if (status === 'SIGINT' || status === 'SIGTERM' || status === 'SIGHUP') {
    fail('the installation was interrupted; the next start does it again', 130);
  }
  if (status !== 0) {
    fail(
      `the dependencies could not be installed ("npm ci", ${typeof status === 'number' ? `status ${status}` : status}):\n${output.trim()}\n${advice(output)}`,
    );
  }
  if (!existsSync(ownNode())) {
    fail(
      `npm ci ended well, but ${ownNode()} is missing: install scripts seem to be turned off ("npm config get ignore-scripts"). Run "npm ci --ignore-scripts=false" in ${ROOT}\n${output.trim()}`,
    );
  }
  writeFileSync(STAMP, fingerprint(readLockfile()));
  say(`dependencies installed (${seconds()})`);
}

function advice(output) {
  if (/ENOSPC/.test(output)) return 'The disk is full: free about 1 GB and start again.';
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ERR_SOCKET_TIMEOUT/.test(output)) {
    return 'The package registry could not be reached ("npm config get registry"): check the connection or proxy and start again.';
  }
  if (/EACCES|EPERM/.test(output))
    return `Check who owns ${MODULES} and npm's cache ("npm config get cache").`;
  if (/EUSAGE/.test(output))
    return 'package.json and package-lock.json do not fit together: run "npm install" and commit both.';
  return 'Start again; if it goes on failing, remove node_modules first.';
}

/** Waits for, then holds, the right to install in this checkout. Returns what lets it go. */
async function lock() {
  const key = createHash('sha256').update(realpathSync(ROOT)).digest('hex').slice(0, 12);
  const user = process.getuid?.() ?? 'user';
  const path = join(tmpdir(), `triplegain-install-${user}-${key}.lock`);
  const draft = `${path}.${process.pid}-${randomBytes(3).toString('hex')}`;
  writeFileSync(draft, JSON.stringify({ pid: process.pid, startTime: startTime(process.pid) }));
  try {
    for (let told = false; ;) {
      try {
        linkSync(draft, path);
        const release = () => rmSync(path, { force: true });
        // A failed installation ends the process from within.
        process.once('exit', release);
        return release;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const holder = readIfThere(path);
      if (holder === null) continue;
      if (!lives(holder)) {
        // Only the dead holder's lock goes: another may have been quicker meanwhile.
        if (readIfThere(path) === holder) rmSync(path, { force: true });
        continue;
      }
      if (!told) say('waiting for another start that is installing the dependencies');
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function lives(holder) {
  try {
    const { pid, startTime: since } = JSON.parse(holder);
    process.kill(pid, 0);
    return startTime(pid) === since;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** When a process started (Linux), so that a reused pid is not taken for the old process. */
function startTime(pid) {
  const stat = readIfThere(`/proc/${pid}/stat`);
  return stat === null ? '' : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

// ---- running ----

function ownNode() {
  return join(MODULES, 'node', 'bin', WINDOWS ? 'node.exe' : 'node');
}

function run({ file, tool, args }) {
  const node = realpathSync(ownNode());
  const flags = ['--disable-warning=ExperimentalWarning'];
  let command = node;
  let argv;
  if (file !== undefined) argv = [...flags, join(ROOT, file), ...args];
  else {
    const program = resolveTool(tool);
    if (isScript(program)) argv = [...flags, program, ...args];
    else [command, argv] = [program, args];
  }
  const env = { ...process.env };
  // Whatever the program starts as "node" is the project's Node too.
  env.PATH = [dirname(node), join(MODULES, '.bin'), process.env.PATH ?? ''].join(delimiter);

  if (typeof process.execve === 'function' && !WINDOWS) {
    // The program takes this process over: its signals and its status need no carrying.
    process.removeAllListeners('warning');
    process.execve(command, [command, ...argv], env);
  }
  const child = spawn(command, argv, { stdio: 'inherit', env });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];
  const forward = (signal) => {
    // A terminal sends these to the whole foreground group, so the program has them already.
    if ((signal === 'SIGINT' || signal === 'SIGQUIT') && inForeground()) return;
    child.kill(signal);
  };
  if (!WINDOWS) for (const signal of signals) process.on(signal, forward);
  child.once('error', (error) => fail(`cannot run ${command}: ${error.message}`));
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const each of signals) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}

function resolveTool(tool) {
  const shim = join(MODULES, '.bin', tool);
  if (!/^[\w.-]+$/.test(tool) || !existsSync(shim)) {
    fail(`there is no tool "${tool}" in ${join(MODULES, '.bin')}`, 2);
  }
  return realpathSync(shim);
}

/** Whether a program is for Node (by its ending or first line) rather than for the system. */
function isScript(program) {
  if (/\.[cm]?[jt]s$/.test(program)) return true;
  const fd = openSync(program, 'r');
  try {
    const start = Buffer.alloc(64);
    readSync(fd, start, 0, start.length, 0);
    return /^#!.*\bnode\b/.test(start.toString('latin1').split('\n')[0]);
  } finally {
    closeSync(fd);
  }
}

function inForeground() {
  const stat = readIfThere('/proc/self/stat');
  if (stat === null) return Boolean(process.stdin.isTTY);
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === foreground;
}

// ---- small things ----

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ESRCH') return null;
    throw error;
  }
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(message, status = 1) {
  say(message);
  process.exit(status);
}
