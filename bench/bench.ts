// SPDX-License-Identifier: MIT
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startWorld, type StoreKind } from '../infra/local/world.ts';
import { openClientStore } from '../lib/client/store-node.ts';
import { addressOfPrivateKey, operations } from '../lib/signing/native.ts';
import { MemoryStore } from '../lib/store/memory-store.ts';
import { busCounters, cpuMs, hubStats, measureCurve, percentile } from './measure.ts';
import { startTraffic } from './traffic.ts';

const HELP = `npm run bench -- [options]

Drives routed payments through a real NATS server and the real functions, all on this machine, and prints what they cost.
A payment counts when the payee has the money under a double-signed state that is durable on both sides.

  --store sqlite|dynamodb|memory   the hub's store (sqlite); users keep theirs in SQLite, or in memory with memory
  --users N                        users who pay each other (64)
  --seconds N                      length of the loaded part (10)
  --in-flight N                    payments under way at once in the loaded part (128)
  --json                           print one JSON object and nothing else
`;

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'sqlite' },
    users: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '10' },
    'in-flight': { type: 'string', default: '128' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const STORES: readonly string[] = ['sqlite', 'dynamodb', 'memory'] satisfies StoreKind[];
const whole = (name: 'users' | 'seconds' | 'in-flight', least: number): number => {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < least)
    throw new Error(`--${name} must be a whole number of at least ${least}`);
  return value;
};

/** Length of the part with one payment in flight. */
const ALONE_MS = 4_000;
const WARM_UP_MS = 2_000;

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

async function bench(): Promise<Record<string, unknown>> {
  const store = values.store as StoreKind;
  const [count, seconds, inFlight] = [whole('users', 2), whole('seconds', 1), whole('in-flight', 1)];
  const tell = (text: string): void => void (values.json || process.stderr.write(`${text}\n`));
  const curve = measureCurve();
  const operatorKey = randomBytes(32);
  const folder = await mkdtemp(join(tmpdir(), 'indra-bench-'));
  const world = await startWorld({
    store,
    logLevel: 'warn',
    operators: [addressOfPrivateKey(operatorKey)],
    onProgress: tell,
  });
  const clientStore =
    store === 'memory'
      ? new MemoryStore({ maxBodyBytes: Infinity })
      : await openClientStore(join(folder, 'users.sqlite'));
  try {
    const stats = await hubStats(world.hubUrl, world.chain.chainId, operatorKey);
    tell(`connecting ${count} users`);
    const traffic = await startTraffic(world, clientStore, count);
    tell('warming up');
    await traffic.run(WARM_UP_MS, inFlight);
    tell('one in flight');
    const alone = await traffic.run(ALONE_MS, 1);
    const { pid } = world.part('functions-1').process();
    const before = {
      hub: await stats(),
      bus: await busCounters(world.ports.monitor),
      cpu: cpuMs(pid),
      own: process.cpuUsage(),
      signing: { ...operations },
      writes: clientStore.counters.writes,
    };
    tell(`${inFlight} in flight for ${seconds} s`);
    const began = performance.now();
    const loaded = await traffic.run(seconds * 1000, inFlight);
    const elapsed = (performance.now() - began) / 1000;
    const after = {
      hub: await stats(),
      bus: await busCounters(world.ports.monitor),
      cpu: cpuMs(pid),
      own: process.cpuUsage(before.own),
    };
    await traffic.close();
    const per = (total: number): number => round(total / loaded.length);
    const signatures = after.hub.signs - before.hub.signs + operations.signs - before.signing.signs;
    const recovers = after.hub.recovers - before.hub.recovers + operations.recovers - before.signing.recovers;
    const curveMs =
      (signatures / loaded.length) * (1000 / curve.signsPerSecond) +
      (recovers / loaded.length) * (1000 / curve.recoversPerSecond);
    return {
      paymentsPerSecond: round(loaded.length / elapsed, 1),
      p50Ms: { alone: percentile(alone, 0.5), loaded: percentile(loaded, 0.5) },
      p99Ms: { alone: percentile(alone, 0.99), loaded: percentile(loaded, 0.99) },
      hubCpuMsPerPayment: per(after.cpu - before.cpu),
      clientCpuMsPerPayment: per((after.own.user + after.own.system) / 1000),
      messagesPerPayment: per(after.bus.messages - before.bus.messages),
      bytesPerPayment: Math.round((after.bus.bytes - before.bus.bytes) / loaded.length),
      signaturesPerPayment: per(signatures),
      recoversPerPayment: per(recovers),
      writesPerPayment: {
        hub: per(after.hub.writes - before.hub.writes),
        clients: per(clientStore.counters.writes - before.writes),
      },
      ...curve,
      paymentsPerSecondTheCurveAllows: {
        perCore: Math.round(1000 / curveMs),
        twoCores: Math.round(2000 / curveMs),
      },
      payments: { alone: alone.length, loaded: loaded.length },
      settings: {
        store,
        users: count,
        seconds,
        inFlight,
        durability:
          store === 'sqlite'
            ? 'hub and users: SQLite, WAL, synchronous=FULL, group commit'
            : store === 'dynamodb'
              ? 'hub: dynalite on disk; users: SQLite, synchronous=FULL'
              : 'none: everything in memory',
        functions: 'one process, serverless offline',
        usersRunIn: 'one process',
        node: process.version,
      },
    };
  } finally {
    await clientStore.close();
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

if (values.help) process.stdout.write(HELP);
else if (!STORES.includes(values.store)) {
  process.stderr.write(`--store must be one of ${STORES.join(', ')}\n`);
  process.exitCode = 2;
} else {
  try {
    process.stdout.write(`${JSON.stringify(await bench(), null, values.json ? 0 : 2)}\n`);
  } catch (error) {
    process.stderr.write(`the benchmark failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
  // Users that were still connecting when it failed would keep the process alive.
  process.exit();
}
