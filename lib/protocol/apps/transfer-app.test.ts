// SPDX-License-Identifier: MIT
import { sum } from '../ledger.ts';
import { ETHER, type Address, type Bytes, type Hash, type Stake } from '../types.ts';
import { readVectors } from '../vectors/read.ts';
import { decodeTransferState, encodeTransferState, encodeUnlock, transferApp } from './transfer-app.ts';

const { moves, invalidActions, invalidStates } = readVectors('transfer-app');
const stakeOf = (payer: bigint, payee = 0n): Stake => ({ asset: ETHER, amounts: [payer, payee] });

describe.each(moves)('$name', ({ before, action, after, turnTaker }) => {
  const stakes = [stakeOf(BigInt(before.amount))];

  test.each([
    ['locked', before],
    ['unlocked', after],
  ])('%s: bytes, turn, end and outcome', (_name, expected) => {
    const fields = {
      amount: BigInt(expected.amount),
      lockHash: expected.lockHash as Hash,
      preimage: expected.preimage as Hash,
    };
    const state = expected.state as Bytes;
    expect(encodeTransferState(fields)).toBe(state);
    expect(decodeTransferState(state)).toEqual(fields);
    expect(transferApp.check(state, stakes)).toMatchObject({ ok: true });
    expect(transferApp.isTerminal(state)).toBe(expected.terminal);
    expect(transferApp.turnTaker(state)).toBe(turnTaker);
    const outcome = transferApp.outcome(state, stakes);
    expect(outcome).toEqual({ ok: true, value: [expected.shares.map(BigInt)] });
    expect(outcome.ok && sum(outcome.value[0]!)).toBe(BigInt(expected.amount));
  });

  test('the preimage unlocks it', () => {
    expect(encodeUnlock(after.preimage as Hash)).toBe(action);
    expect(transferApp.applyAction(before.state as Bytes, action as Bytes)).toEqual({
      ok: true,
      value: after.state,
    });
  });
});

test.each(invalidActions)('does not accept $name', ({ state, action }) => {
  expect(transferApp.applyAction(state as Bytes, action as Bytes)).toMatchObject({
    ok: false,
    error: { code: 'invalid_action' },
  });
});

test.each(invalidStates)('a state of $name is none', ({ state }) => {
  expect(decodeTransferState(state as Bytes)).toBeNull();
  expect(transferApp.check(state as Bytes, [stakeOf(100n)])).toMatchObject({
    ok: false,
    error: { code: 'invalid_state' },
  });
  expect(() => transferApp.isTerminal(state as Bytes)).toThrow(TypeError);
});

test.each<[string, readonly Stake[]]>([
  ['less than the amount', [stakeOf(99n)]],
  ['more than the amount', [stakeOf(101n)]],
  ['something of the payee', [stakeOf(100n, 1n)]],
  ['the whole of the payee', [stakeOf(0n, 100n)]],
  ['two assets', [stakeOf(100n), { ...stakeOf(100n), asset: `0x${'11'.repeat(20)}` as string as Address }]],
  ['nothing', []],
])('a stake of %s does not fit the state', (_name, stakes) => {
  expect(transferApp.check(moves[0]!.before.state as Bytes, stakes)).toMatchObject({
    ok: false,
    error: { code: 'invalid_state' },
  });
});
