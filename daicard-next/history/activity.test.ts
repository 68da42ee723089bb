// SPDX-License-Identifier: MIT
import type { TransferEntry } from '../../lib/client/history.ts';
import { ETHER, type Address, type Hash } from '../../lib/protocol/types.ts';
import { activitiesOf } from './activity.ts';
import type { JournalEntry } from './journal-entry.ts';

const id = (n: number) => `0x${n.toString(16).padStart(64, '0')}` as Hash;
const someone = `0x${'11'.repeat(20)}` as Address;

const transfer = (change: Partial<TransferEntry>): TransferEntry => ({
  transferId: id(1),
  direction: 'sent',
  status: 'pending',
  asset: ETHER,
  amount: 7n,
  note: null,
  payer: someone,
  from: 'indraMe',
  to: 'indraYou',
  recipient: someone,
  paymentId: null,
  createdAt: 100,
  expiresAt: 1_000,
  ...change,
});

const payment = (change: object): JournalEntry => ({
  kind: 'payment',
  id: id(9),
  transferId: id(1),
  channel: someone,
  asset: ETHER,
  amount: 7n,
  to: 'indraYou',
  note: null,
  expiresIn: null,
  status: 'sent',
  code: null,
  createdAt: 100,
  ...change,
});

const at = (now: number) => ({ now, oldest: 0 });

test.each([
  ['pending', 500, 'pending'],
  ['claimed', 500, 'pending'],
  ['pending', 2_000, 'returning'],
  ['resolved', 500, 'paid'],
  ['cancelled', 500, 'refunded'],
] as const)('a sent payment the hub calls %s at %s is %s', (status, now, state) => {
  expect(activitiesOf([transfer({ status })], [], at(now))).toMatchObject([{ kind: 'sent', state }]);
});

test('a received one arrives or is received; one taken back before never was', () => {
  const of = (status: TransferEntry['status']) =>
    activitiesOf([transfer({ direction: 'received', status })], [], at(500));
  expect(of('claimed')).toMatchObject([{ kind: 'received', state: 'arriving', counterparty: 'indraMe' }]);
  expect(of('resolved')).toMatchObject([{ state: 'received' }]);
  expect(of('cancelled')).toEqual([]);
});

test('only an open link can be shown again', () => {
  const link = { to: null, recipient: null };
  expect(activitiesOf([transfer(link)], [], at(500))).toMatchObject([{ kind: 'link', openLink: id(1) }]);
  expect(activitiesOf([transfer({ ...link, status: 'resolved' })], [], at(500))).toMatchObject([
    { openLink: null },
  ]);
});

test('what both know is told once, by the hub', () => {
  const told = activitiesOf(
    [transfer({ status: 'resolved', to: null })],
    [payment({ status: 'unknown' })],
    at(500),
  );
  expect(told).toMatchObject([{ state: 'paid', counterparty: 'indraYou', retry: null }]);
});

test('what the hub has not told of is sending, unknown or refused, and may be tried again under its id', () => {
  const of = (status: string) => activitiesOf([], [payment({ status })], at(500))[0];
  expect(of('sending')).toMatchObject({ state: 'sending', retry: null });
  expect(of('unknown')).toMatchObject({ state: 'unknown', retry: id(9) });
  expect(of('refused')).toMatchObject({ state: 'refused', retry: id(9) });
});

test('newest first, and nothing of a time the hub has not told about', () => {
  const entries = activitiesOf(
    [transfer({ createdAt: 300 })],
    [
      payment({ transferId: id(2), createdAt: 400 }),
      payment({ id: id(8), transferId: id(3), createdAt: 200 }),
    ],
    { now: 500, oldest: 300 },
  );
  expect(entries.map((entry) => entry.at)).toEqual([400, 300]);
});
