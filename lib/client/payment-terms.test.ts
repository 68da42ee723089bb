// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { toBytes } from '../protocol/bytes.ts';
import { CHANNEL, STRANGER_KEY } from '../protocol/testing/two-parties.ts';
import type { Address } from '../protocol/types.ts';
import type { TransferView } from '../protocol/wire/requests.ts';
import { channelKey } from './channel-key.ts';
import { isSamePayment, ownPayment, statePayment, verifyPayment } from './payment-terms.ts';
import { KEY, send } from './testing/writer-table.ts';

const PAYEE = channelKey(STRANGER_KEY);
const OTHER = `0x${'0b'.repeat(20)}` as string as Address;
const payer = { channel: CHANNEL, key: KEY };
const payee = { channel: { ...CHANNEL, initiator: PAYEE.address }, key: PAYEE };

const intent = { ...send(1, 100n), note: 'for the tea\nand the cake' };
const stated = statePayment(payer, intent);
if (!stated.ok) throw new Error(stated.error.code);
const { payment, digest, secret, lockHash, metadata, recipient } = stated.value;

/** As an honest hub hands it on. */
const view: TransferView = {
  ...payment,
  recipient,
  metadata,
  lockHash,
  status: 'pending',
  role: 'payee',
  signature: KEY.sign(toBytes(digest)),
  claimant: null,
  sealed: null,
  holdUntil: payment.expiresAt + 9_000,
  preimage: null,
  claimerSignature: null,
  appId: null,
  createdAt: payment.expiresAt - 9_000,
};

test('one intent is one statement with one lock, whenever it is made out', () => {
  expect(statePayment(payer, intent)).toEqual(stated);
  expect(isSamePayment(payer, { ...intent, expiresAt: 1 }, stated.value)).toBe(true);
  for (const change of [{ amount: 101n }, { note: null }, { to: null }, { asset: OTHER }])
    expect(isSamePayment(payer, { ...intent, ...change }, stated.value)).toBe(false);
});

describe('the payee makes it out anew (invariant 16)', () => {
  test('and is told what was signed, line breaks and all', () => {
    const verified = verifyPayment(payee, view, secret);
    expect(verified).toMatchObject({
      ok: true,
      value: { payment, sender: KEY.identifier, note: intent.note },
    });
  });

  test.each<[string, Partial<TransferView>, string]>([
    ['somebody else’s', { recipient: OTHER }, 'payee'],
    ['of another chain', { toChainId: 1 }, 'toChainId'],
    ['of another amount', { amount: 1n }, 'signature'],
    ['of another payer', { payer: OTHER }, 'signature'],
    ['unsigned', { signature: `0x${'00'.repeat(65)}` }, 'signature'],
    ['behind another lock', { lockHash: digest }, 'lockHash'],
  ])('%s is refused by the field', (_, change, field) => {
    const { error } = verifyPayment(payee, { ...view, ...change }, secret) as { error: object };
    expect(error).toMatchObject({ code: 'terms_differ', details: { field } });
  });

  test('a name that is not the payer’s own is not shown', () => {
    const lying = { channel: CHANNEL, key: { ...KEY, identifier: PAYEE.identifier } };
    const told = statePayment(lying, intent);
    if (!told.ok) throw new Error(told.error.code);
    const { metadata: other, lockHash: lock, digest: said } = told.value;
    const shown = { ...view, metadata: other, lockHash: lock, signature: KEY.sign(toBytes(said)) };
    expect(verifyPayment(payee, shown, secret)).toMatchObject({ value: { sender: null, note: intent.note } });
  });
});

test('the payer knows its own again by its signature alone', () => {
  expect(ownPayment(payer, view)).toMatchObject({ payment, secret, lockHash, note: intent.note });
  expect(ownPayment(payer, { ...view, amount: 1n })).toBeNull();
  expect(ownPayment(payee, view)).toBeNull();
});
