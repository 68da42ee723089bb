// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { hashOf, signatureOf } from '../protocol/testing/two-parties.ts';
import { ETHER, type AgreedState, type Bytes } from '../protocol/types.ts';
import { balanceOf } from './balances.ts';
import { inFlight } from './channel-record.ts';
import type { Answer } from './judge-answer.ts';
import {
  countersign,
  countersigned,
  elsewhere,
  FUNDED,
  inFlightWith,
  judge,
  refused,
  send,
  settle,
  withdraw,
} from './testing/writer-table.ts';

const paying = inFlightWith(FUNDED, send(1, 100n));
const answerOf = (version: bigint, signature: Bytes): Answer => ({
  kind: 'countersigned',
  result: { version, signature, withdrawals: [] },
});
const withdrawing = inFlightWith(FUNDED, withdraw(1, 100n));

test('a countersignature on what was signed makes it agreed, and only then does anything change', () => {
  const verdict = judge(paying, countersigned(paying.head));
  if (verdict.kind !== 'agreed') throw new Error(verdict.kind);
  expect(verdict.record.agreed.ledger).toEqual(paying.head.next.ledger);
  expect(verdict.record.signed).toEqual([]);
  expect(verdict.record.highestSigned).toBe(2n);
});

describe('the same bytes again', () => {
  const wrong = countersign(paying.head).signatures![0];
  test.each([
    ['no answer', refused('timeout')],
    ['nobody there', refused('unreachable')],
    ['a fault inside the hub', refused('internal')],
    ['a busy hub', refused('busy')],
    ['a hub behind its chain', refused('hub_behind')],
    ['another version', answerOf(9n, wrong)],
    ['a signature by someone else', answerOf(2n, wrong)],
    ['a state older than the agreed one', elsewhere(FUNDED.agreed)],
    ['a state nobody signed', elsewhere({ ...countersign(paying.head), signatures: [wrong, wrong] })],
  ] as const)('%s', (_, answer) => {
    expect(judge(paying, answer).kind).toBe('resend');
  });

  test('a withdrawal without the signature on it', () => {
    expect(judge(withdrawing, countersigned(withdrawing.head)).kind).toBe('resend');
  });
});

test('the hub signs the withdrawal in its reply, and the signature is kept until it is over', () => {
  const { digest } = withdrawing.head.next.withdrawals[0]!;
  const signature = signatureOf(1, Buffer.from(digest.slice(2), 'hex'));
  const answer = countersigned(withdrawing.head);
  if (answer.kind !== 'countersigned') throw new Error('no countersignature');
  const verdict = judge(withdrawing, {
    ...answer,
    result: { ...answer.result, withdrawals: [{ digest, signature }] },
  });
  if (verdict.kind !== 'agreed') throw new Error(verdict.kind);
  expect(verdict.record.withdrawalSignatures).toEqual([{ digest, signature }]);
});

describe('a refusal', () => {
  const batch = inFlightWith(FUNDED, send(1, 100n), send(2, 50n), withdraw(1, 5n));

  test.each([
    ['names the operation that is wrong', { index: 1 }, 1],
    ['names none', {}, null],
    ['names one there is not', { index: 7 }, null],
  ])('%s', (_, details, failing) => {
    const verdict = judge(batch, refused('unknown_asset', details));
    expect(verdict).toMatchObject({ kind: 'refused', failing, fault: { code: 'unknown_asset' } });
  });

  test('is the intent’s own where there is only one', () => {
    expect(judge(paying, refused('duplicate_payment'))).toMatchObject({ kind: 'refused', failing: 0 });
  });

  test('leaves what was signed counted until a higher version is agreed', () => {
    const verdict = judge(paying, refused('duplicate_payment'));
    if (verdict.kind !== 'refused') throw new Error(verdict.kind);
    const { record } = verdict;
    expect(inFlight(record)).toBeNull();
    expect(balanceOf(record, ETHER)).toMatchObject({ available: 1_000n, certain: 900n });
    const next = inFlightWith(record, send(2, 10n));
    expect(next.head.proposal.version).toBe(3n);
    expect(balanceOf(settle(next), ETHER)).toMatchObject({ available: 990n, certain: 990n });
  });

  test.each([
    ['unknown_channel', 'reopen'],
    ['out_of_sync', 'synchronize'],
    ['stale_version', 'synchronize'],
    ['wrong_epoch', 'synchronize'],
  ] as const)('%s without a state: %s', (code, kind) => {
    expect(judge(paying, refused(code)).kind).toBe(kind);
  });
});

describe('a hub that is elsewhere', () => {
  const first = judge(paying, refused('insufficient_collateral'));
  if (first.kind !== 'refused') throw new Error(first.kind);
  const second = inFlightWith(first.record, send(2, 10n));

  test('at a state this client signed: it is adopted, and what was in flight is abandoned', () => {
    const verdict = judge(second, elsewhere(countersign(paying.head)));
    if (verdict.kind !== 'agreed') throw new Error(verdict.kind);
    expect(verdict.entry).toEqual({ ...paying.head, abandoned: true });
    expect(verdict.record.agreed.ledger.version).toBe(2n);
    expect(inFlight(verdict.record)).toBeNull();
    expect(verdict.record.signed.map((entry) => entry.proposal.version)).toEqual([3n]);
    expect(inFlightWith(verdict.record, send(3, 1n)).head.proposal.version).toBe(4n);
  });

  test('at a state signed with this key and unknown here: another writer, and nothing is adopted', () => {
    const other = inFlightWith({ ...FUNDED, highestSigned: 8n }, send(9, 900n));
    expect(judge(second, elsewhere(countersign(other.head))).kind).toBe('foreign');
  });

  test('at the agreed version with another content: another writer', () => {
    const other = inFlightWith(FUNDED, send(5, 1n));
    const here = inFlightWith(settle(inFlightWith(FUNDED, send(6, 2n))), send(7, 3n));
    expect(judge(here, elsewhere(countersign(other.head))).kind).toBe('foreign');
  });

  test('at balances the initiator never signed: not believed', () => {
    const honest = countersign(paying.head);
    const forged: AgreedState = { ...honest, ledger: { ...honest.ledger, version: 50n } };
    expect(judge(second, elsewhere(forged)).kind).toBe('resend');
  });
});

test('credits in flight count only when agreed, debits at once', () => {
  const open = settle(inFlightWith(FUNDED, send(1, 100n)));
  const app = open.agreed.apps[0]!;
  const refunding = inFlightWith(open, { kind: 'refund', appId: app.id, transferId: hashOf(1) });
  expect(balanceOf(refunding, ETHER)).toMatchObject({ available: 900n, certain: 900n, locked: 100n });
  expect(balanceOf(settle(refunding), ETHER)).toMatchObject({
    available: 1_000n,
    certain: 1_000n,
    locked: 0n,
  });
});
