// SPDX-License-Identifier: MIT
import { parseArgs } from 'node:util';
import { totalOf, type Bill } from './metered-store.ts';
import { billOf } from './paid-world.ts';

const HELP = `npm run cost -- [options]

What one payment costs the hub in read and write units of DynamoDB, by its documented rules, from the payer's call until
both channels have closed it and the transfer is resolved: alone, and with 8 in flight from each of 8 users.

  --check   exit with 1 where it costs more than it may
  --json    print one JSON object and nothing else
`;

/** Write units of one payment, at most. */
const MOST = { alone: 14, loaded: 8 };
const LOAD = { users: 8, payments: 800, inFlight: 8 };

const round = (value: number): number => Math.round(value * 100) / 100;

function perPayment(bill: Bill, payments: number) {
  const per = (value: number): number => round(value / payments);
  const items = Object.fromEntries(
    Object.entries(bill).map(([kind, line]) => [
      kind,
      {
        puts: per(line.puts),
        conflicts: per(line.conflicts),
        writeUnits: per(line.writeUnits),
        ofIndexes: per(line.indexUnits),
        reads: per(line.reads),
        readUnits: per(line.readUnits),
      },
    ]),
  );
  return {
    writeUnits: per(totalOf(bill, 'writeUnits')),
    readUnits: per(totalOf(bill, 'readUnits')),
    items,
  };
}

/** The hub's timers look at the due index whether or not anybody pays: not a payment's cost. */
const withoutTimers = (bill: Bill): Bill =>
  Object.fromEntries(Object.entries(bill).filter(([kind]) => kind !== 'query due' && kind !== 'cursor'));

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else {
  const alone = perPayment(withoutTimers(await billOf({ users: 2, payments: 1, inFlight: 1 })), 1);
  const loaded = perPayment(withoutTimers(await billOf(LOAD)), LOAD.payments);
  const cost = { alone, loaded, most: MOST, load: LOAD };
  process.stdout.write(`${JSON.stringify(cost, null, values.json ? 0 : 2)}\n`);
  const isTooDear = alone.writeUnits > MOST.alone || loaded.writeUnits > MOST.loaded;
  if (values.check && isTooDear) {
    process.stderr.write(
      `a payment costs ${alone.writeUnits} write units alone and ${loaded.writeUnits} loaded; at most ${MOST.alone} and ${MOST.loaded} are allowed\n`,
    );
    process.exitCode = 1;
  }
  process.exit();
}
