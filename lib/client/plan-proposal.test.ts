// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { assetOf } from '../protocol/ledger.ts';
import { CHANNEL, hashOf } from '../protocol/testing/two-parties.ts';
import { ETHER } from '../protocol/types.ts';
import type { Intent } from './intents.ts';
import { statePayment } from './payment-terms.ts';
import {
  FUNDED,
  inFlightWith,
  KEY,
  kindsOf,
  LIMITS,
  plan,
  send,
  settle,
  withdraw,
} from './testing/writer-table.ts';

/** One payment is open, and how to close it. */
function withOpenPayment(amount: bigint) {
  const record = settle(inFlightWith(FUNDED, send(1, amount)));
  const open = record.agreed.apps[0]!;
  const stated = statePayment({ channel: CHANNEL, key: KEY }, send(1, amount));
  if (!stated.ok) throw new Error(stated.error.code);
  const { preimage } = stated.value;
  const close: Intent = { kind: 'close', appId: open.id, transferId: hashOf(1), preimage, payment: null };
  return { record, close };
}

test('waiting intents go together, what raises a balance before what lowers one', () => {
  const { record, close } = withOpenPayment(100n);
  const grown: Intent = { kind: 'deposit', asset: ETHER, deposits: [1_500n, 1_000n] };
  const { draft, left, failed } = plan(record, [send(2, 1_200n), close, withdraw(1, 50n), grown]);
  expect(kindsOf(draft!.operations)).toEqual(['deposit', 'update', 'uninstall', 'install', 'withdraw']);
  expect(draft!.counts).toEqual([1, 2, 1, 1]);
  expect(assetOf(draft!.next.ledger, ETHER).balances).toEqual([150n, 1_100n]);
  expect([left, failed]).toEqual([[], []]);
});

test('the version is one above the highest ever signed, whatever is agreed (invariant 2)', () => {
  const record = { ...FUNDED, highestSigned: 41n };
  expect(plan(record, [send(1, 1n)]).draft!.version).toBe(42n);
});

test('installs of one proposal differ in nonce and secret, of equal payments too', () => {
  const { draft } = plan(FUNDED, [send(1, 5n), send(2, 5n)]);
  const nonces = draft!.next.apps.map((open) => open.app.nonce);
  expect(new Set(nonces).size).toBe(2);
});

describe('refused by the channel itself, without asking the hub', () => {
  const nothing: Intent = { kind: 'refund', appId: hashOf(77), transferId: hashOf(77) };

  test.each([
    ['more than there is', send(1, 1_001n), 'insufficient_balance'],
    ['more collateral than the hub has', claim(1_001n), 'insufficient_collateral'],
    ['a payee that is none', send(1, 5n, 'indra1'), 'malformed'],
    ['a withdrawal of nothing', withdraw(1, 0n), 'amount_out_of_range'],
  ])('%s', (_, intent, code) => {
    const { draft, failed } = plan(FUNDED, [intent, send(9, 10n)]);
    expect(failed.map(({ fault }) => fault.code)).toEqual([code]);
    expect(draft!.intents).toEqual([send(9, 10n)]);
  });

  test('what has come true already is done, not failed', () => {
    const known: Intent = { kind: 'deposit', asset: ETHER, deposits: [1_000n, 1_000n] };
    const returned: Intent = { kind: 'return', digest: hashOf(5) };
    const { draft, done, failed } = plan(FUNDED, [nothing, known, returned]);
    expect([draft, failed]).toEqual([null, []]);
    expect(done).toHaveLength(3);
  });
});

test('a full proposal leaves the rest for the next one', () => {
  const { draft, left } = plan(FUNDED, [send(1, 1n), send(2, 1n), send(3, 1n)], {
    ...LIMITS,
    maxOperations: 2,
  });
  expect(draft!.intents).toEqual([send(1, 1n), send(2, 1n)]);
  expect(left.map(({ intent }) => intent)).toEqual([send(3, 1n)]);
  const small = plan(FUNDED, [send(1, 1n), send(2, 1n)], { ...LIMITS, maxMessageBytes: 3_500 });
  expect(small.draft!.intents).toEqual([send(1, 1n)]);
});

test('routes are those of the apps that are open afterwards', () => {
  const { record, close } = withOpenPayment(100n);
  expect(record.routes).toMatchObject([
    { side: 'payer', paymentId: hashOf(1), appId: record.agreed.apps[0]!.id },
  ]);
  const { draft } = plan(record, [close, claim(30n), send(2, 7n)]);
  expect(draft!.routes).toMatchObject([
    { side: 'payee', transferId: hashOf(3) },
    { side: 'payer', paymentId: hashOf(2) },
  ]);
  expect(draft!.routes.map((route) => route.appId)).toEqual(draft!.next.apps.map((open) => open.id));
});

function claim(amount: bigint): Intent {
  return {
    kind: 'claim',
    transferId: hashOf(3),
    asset: ETHER,
    amount,
    lockHash: hashOf(4),
    payment: hashOf(5),
    holdUntil: 1_800_100_000,
    secret: hashOf(6),
    bearer: true,
  };
}
