// SPDX-License-Identifier: MIT
/** The twins of the apps beside the transfer app, held to the vectors that their contracts are held to. */
import { recoverAddress, sign } from '../../signing/native.ts';
import { toBytes, toHex } from '../bytes.ts';
import { sum } from '../ledger.ts';
import { ETHER, type Address, type Bytes, type Hash, type Pair, type Stake } from '../types.ts';
import { readVectors } from '../vectors/read.ts';
import type { AppLogic } from './app-logic.ts';
import {
  batchedTransferApp,
  decodeBatchedTransferState,
  encodeBatchedTransferState,
  encodeReceipt,
  receiptDigest,
  type BatchedTransferState,
} from './batched-transfer-app.ts';
import {
  attestationDigest,
  decodeSignedTransferState,
  encodeAttestation,
  encodeSignedTransferState,
  signedTransferApp,
  type SignedTransferState,
} from './signed-transfer-app.ts';
import { decodeSwapState, encodeSwapState, swapApp, TAKE } from './swap-app.ts';

const TOKEN = `0x${'11'.repeat(20)}` as string as Address;
const signed = readVectors('signed-transfer-app');
const batched = readVectors('batched-transfer-app');
const swap = readVectors('swap-app');

const payerStake = (amount: string | bigint): readonly Stake[] => [
  { asset: ETHER, amounts: [BigInt(amount), 0n] },
];
const pair = (amounts: readonly string[]): Pair<bigint> => amounts.map(BigInt) as unknown as Pair<bigint>;
const swapStakes = (amounts: readonly (readonly string[])[]): readonly Stake[] =>
  amounts.map((both, i) => ({ asset: i === 0 ? ETHER : TOKEN, amounts: pair(both) }));

interface Side {
  readonly state: string;
  readonly terminal: boolean;
  readonly stakes: readonly Stake[];
  readonly shares: readonly Pair<bigint>[];
}
interface Move {
  readonly name: string;
  readonly turnTaker: number;
  readonly before: Side;
  readonly action: string;
  readonly after: Side;
}

const oneWay = ({ state, terminal, amount, shares }: (typeof signed.moves)[number]['before']): Side => ({
  ...{ state, terminal },
  stakes: payerStake(amount),
  shares: [pair(shares)],
});
const apps: readonly {
  name: string;
  app: AppLogic;
  decode: (state: Bytes) => unknown;
  moves: readonly Move[];
  invalidActions: readonly { name: string; state: string; action: string }[];
  invalidStates: readonly { name: string; state: string }[];
}[] = [
  {
    ...signed,
    name: 'signed transfer',
    app: signedTransferApp(recoverAddress),
    decode: decodeSignedTransferState,
    moves: signed.moves.map((move) => ({ ...move, before: oneWay(move.before), after: oneWay(move.after) })),
  },
  {
    ...batched,
    name: 'batched transfer',
    app: batchedTransferApp(recoverAddress),
    decode: decodeBatchedTransferState,
    moves: batched.moves.map(({ before, after, ...move }) => ({
      ...move,
      before: { ...before, stakes: payerStake(before.amount), shares: [pair(before.shares)] },
      after: { ...after, stakes: payerStake(after.amount), shares: [pair(after.shares)] },
    })),
  },
  {
    ...swap,
    name: 'swap',
    app: swapApp,
    decode: decodeSwapState,
    moves: swap.moves.map(({ before, after, ...move }) => ({
      ...move,
      before: { ...before, stakes: swapStakes(before.amounts), shares: before.shares.map(pair) },
      after: { ...after, stakes: swapStakes(after.amounts), shares: after.shares.map(pair) },
    })),
  },
];

describe.each(apps)('$name', ({ app, decode, moves, invalidActions, invalidStates }) => {
  test.each(moves)('$name', ({ before, action, after, turnTaker }) => {
    for (const { state, terminal, stakes, shares } of [before, after]) {
      expect(app.check(state as Bytes, stakes)).toMatchObject({ ok: true });
      expect(app.isTerminal(state as Bytes)).toBe(terminal);
      expect(app.turnTaker(state as Bytes)).toBe(turnTaker);
      expect(app.outcome(state as Bytes, stakes)).toEqual({ ok: true, value: shares });
      // Conservation (invariant 1): an outcome gives away exactly the stakes.
      expect(shares.map(sum)).toEqual(stakes.map(({ amounts }) => sum(amounts)));
    }
    expect(app.applyAction(before.state as Bytes, action as Bytes)).toEqual({ ok: true, value: after.state });
  });

  test.each(invalidActions)('does not accept $name', ({ state, action }) => {
    expect(decode(state as Bytes)).not.toBeNull();
    expect(app.applyAction(state as Bytes, action as Bytes)).toMatchObject({
      ok: false,
      error: { code: 'invalid_action' },
    });
  });

  test.each(invalidStates)('a state of $name is none', ({ state }) => {
    expect(decode(state as Bytes)).toBeNull();
    expect(app.check(state as Bytes, moves[0]!.before.stakes)).toMatchObject({
      ok: false,
      error: { code: 'invalid_state' },
    });
    expect(() => app.isTerminal(state as Bytes)).toThrow(TypeError);
  });

  test('stakes that are not those of the state do not fit it', () => {
    const { state, stakes } = moves[0]!.before;
    const [first, ...rest] = stakes as [Stake, ...Stake[]];
    const [payer, payee] = first.amounts;
    for (const wrong of [
      [],
      [...stakes, { asset: TOKEN, amounts: [1n, 0n] as const }],
      [{ ...first, amounts: [payer + 1n, payee] as const }, ...rest],
      [{ ...first, amounts: [payer, payee + 1n] as const }, ...rest],
      [{ ...first, amounts: [payee, payer] as const }, ...rest],
    ])
      expect(app.check(state as Bytes, wrong)).toMatchObject({ ok: false, error: { code: 'invalid_state' } });
  });
});

test.each(signed.moves)('attestation: $name', ({ before, after, digest, signature, action }) => {
  for (const { amount, signer, domain, paymentId, attested, state } of [before, after]) {
    const fields = { signer, domain, paymentId, attested, amount: BigInt(amount) } as SignedTransferState;
    expect(encodeSignedTransferState(fields)).toBe(state);
    expect(decodeSignedTransferState(state as Bytes)).toEqual(fields);
  }
  const fields = decodeSignedTransferState(before.state as Bytes)!;
  const attested = after.attested as Hash;
  expect(toHex(attestationDigest(fields, attested))).toBe(digest);
  expect(encodeAttestation(attested, signature as Bytes)).toBe(action);
});

test.each(batched.moves)('receipt: $name', ({ before, after, digest, signature, action }) => {
  for (const { amount, signer, domain, paymentId, fee, paid, state } of [before, after]) {
    const fields = {
      ...{ signer, domain, paymentId, amount: BigInt(amount), fee: BigInt(fee), paid: BigInt(paid) },
    } as BatchedTransferState;
    expect(encodeBatchedTransferState(fields)).toBe(state);
    expect(decodeBatchedTransferState(state as Bytes)).toEqual(fields);
  }
  const fields = decodeBatchedTransferState(before.state as Bytes)!;
  const paid = BigInt(after.paid);
  expect(toHex(receiptDigest(fields, paid))).toBe(digest);
  expect(encodeReceipt(paid, signature as Bytes)).toBe(action);
});

test.each(swap.moves)('swap states: $name', ({ before, after, action }) => {
  for (const { amounts, taken, state } of [before, after]) {
    const fields = { amounts: amounts.map(pair) as unknown as Pair<Pair<bigint>>, taken };
    expect(encodeSwapState(fields)).toBe(state);
    expect(decodeSwapState(state as Bytes)).toEqual(fields);
  }
  expect(TAKE).toBe(action);
});

test('an action has one encoding: whatever bit of it is flipped, it is another or none', () => {
  const { before, after, action } = batched.moves[0]!;
  const app = batchedTransferApp(recoverAddress);
  const bytes = toBytes(action as Bytes);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(app.applyAction(before.state as Bytes, toHex(flipped))).toMatchObject({ ok: false });
  }
  expect(app.applyAction(before.state as Bytes, action as Bytes)).toMatchObject({ value: after.state });
});

test('receipts replace each other in one order only, and never pay more than the stake', () => {
  const key = new Uint8Array(32).fill(7);
  const signer = recoverAddress(new Uint8Array(32), sign(new Uint8Array(32), key)) as Address;
  const app = batchedTransferApp(recoverAddress);
  const initial: BatchedTransferState = {
    ...{ signer, amount: 50n, fee: 3n, paid: 0n },
    domain: `0x${'d0'.repeat(32)}` as string as Hash,
    paymentId: `0x${'1d'.repeat(32)}` as string as Hash,
  };
  const receipts = [10n, 47n, 46n, 48n, 1n].map((paid) =>
    encodeReceipt(paid, toHex(sign(receiptDigest(initial, paid), key))),
  );
  let state = encodeBatchedTransferState(initial);
  const shares = receipts.map((receipt) => {
    const applied = app.applyAction(state, receipt);
    if (applied.ok) state = applied.value;
    const outcome = app.outcome(state, payerStake(50n));
    return outcome.ok && outcome.value[0];
  });
  expect(shares).toEqual([
    [37n, 13n],
    [0n, 50n],
    [0n, 50n],
    [0n, 50n],
    [0n, 50n],
  ]);
  expect(app.isTerminal(state)).toBe(true);
});
