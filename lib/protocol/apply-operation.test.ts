// SPDX-License-Identifier: MIT
/** (state, operation) → state | error code, for every operation. */
import { withdrawalOf, withdrawalWith } from './apply-operation.ts';
import { encodeTransferState } from './apps/transfer-app.ts';
import { toHash } from './bytes.ts';
import { withdrawalDigest } from './digests.ts';
import type { ErrorCode } from './errors.ts';
import type { InstallOperation, Operation } from './operations.ts';
import { lockHashOf } from './secrets.ts';
import {
  CATALOGUE,
  CHANNEL,
  COUNTER,
  EMPTY,
  HUB,
  PREIMAGE,
  TOKEN,
  USER,
  addressOf,
  after,
  advanced,
  counter,
  deposit,
  hashOf,
  swap,
  transfer,
  withdraw,
} from './testing/two-parties.ts';
import { applyOperations } from './transition.ts';
import {
  AMOUNT_LIMIT,
  ETHER,
  MAX_APPS,
  MAX_ASSETS,
  MAX_WITHDRAWALS,
  NO_ADDRESS,
  ZERO_HASH,
  type Address,
  type AppInstance,
  type Bytes,
  type ChannelState,
} from './types.ts';

/** `balances | deposits | withdrawn | locked` of each asset the ledger lists. */
const inShort = ({ ledger }: ChannelState): Record<string, string> =>
  Object.fromEntries(
    ledger.assets.map(({ asset, balances, deposits, withdrawn, locked }) => [
      asset === ETHER ? 'ether' : asset === TOKEN ? 'token' : asset,
      `${balances} | ${deposits} | ${withdrawn} | ${locked}`,
    ]),
  );

const expectCode = (state: ChannelState, operations: readonly Operation[], code: ErrorCode): void =>
  expect(applyOperations(CHANNEL, CATALOGUE, state, state.ledger.version + 1n, operations)).toMatchObject({
    ok: false,
    error: { code },
  });

const funded = after(EMPTY, [deposit(100n, 50n), deposit(30n, 40n, TOKEN)]);
const only = (state: ChannelState): AppInstance => state.apps[0]!;
const uninstall = (state: ChannelState): Operation => ({ kind: 'uninstall', appId: only(state).id });
const act = (state: ChannelState, action: Bytes): Operation => ({
  kind: 'update',
  appId: only(state).id,
  action,
});
const withApp = (state: ChannelState, app: AppInstance): ChannelState => ({ ...state, apps: [app] });

type Row = [
  name: string,
  state: ChannelState,
  operations: Operation | Operation[],
  expected: Record<string, string>,
];
type Refusal = [name: string, state: ChannelState, operations: Operation | Operation[], code: ErrorCode];

const list = (operations: Operation | Operation[]): Operation[] => [operations].flat();
const makes = (rows: Row[]): void => {
  test.each(rows)('%s', (_name, state, operations, expected) => {
    expect(inShort(after(state, list(operations)))).toEqual(expected);
  });
};
const refuses = (rows: Refusal[]): void => {
  test.each(rows)('refuses %s', (_name, state, operations, code) => {
    expectCode(state, list(operations), code);
  });
};

const FUNDED = { ether: '100,50 | 100,50 | 0,0 | 0', token: '30,40 | 30,40 | 0,0 | 0' };

describe('deposit', () => {
  makes([
    ['the first of the initiator', EMPTY, deposit(5n, 0n), { ether: '5,0 | 5,0 | 0,0 | 0' }],
    ['the first of the responder', EMPTY, deposit(0n, 5n), { ether: '0,5 | 0,5 | 0,0 | 0' }],
    ['both sides at once', EMPTY, deposit(5n, 6n), { ether: '5,6 | 5,6 | 0,0 | 0' }],
    [
      'totals, of which only what is new is credited',
      after(funded, [withdraw(20n)]),
      deposit(101n, 50n),
      { ...FUNDED, ether: '81,50 | 101,50 | 20,0 | 0' },
    ],
    [
      'the most there may be',
      EMPTY,
      deposit(AMOUNT_LIMIT - 1n, 0n),
      { ether: `${AMOUNT_LIMIT - 1n},0 | ${AMOUNT_LIMIT - 1n},0 | 0,0 | 0` },
    ],
  ]);
  refuses([
    ['totals that stay', funded, deposit(100n, 50n), 'invalid_deposit'],
    ['a total that shrinks', funded, deposit(99n, 50n), 'invalid_deposit'],
    ['one that shrinks while the other grows', funded, deposit(99n, 60n), 'invalid_deposit'],
    ['nothing', EMPTY, deposit(0n, 0n), 'invalid_deposit'],
    ['too much in one hand', EMPTY, deposit(AMOUNT_LIMIT, 0n), 'amount_out_of_range'],
    ['too much in both', EMPTY, deposit(AMOUNT_LIMIT / 2n, AMOUNT_LIMIT / 2n), 'amount_out_of_range'],
    [
      'one asset too many',
      after(
        EMPTY,
        Array.from({ length: MAX_ASSETS }, (_, index) => deposit(1n, 0n, addressOf(index))),
      ),
      deposit(1n, 0n, addressOf(MAX_ASSETS)),
      'too_many',
    ],
  ]);

  test('assets are listed by address, whatever order they came in', () => {
    const tokens = [9, 3, 7, 0, 5].map(addressOf);
    const state = after(
      EMPTY,
      tokens.map((token) => deposit(1n, 0n, token)),
    );
    expect(state.ledger.assets.map(({ asset }) => asset)).toEqual([...tokens].sort());
  });
});

const change = (operation: InstallOperation, app: Partial<InstallOperation['app']>): InstallOperation => ({
  ...operation,
  app: { ...operation.app, ...app },
});
const stakes = (...amounts: (readonly [Address, bigint, bigint])[]): InstallOperation =>
  change(counter([1n, 1n], [1n, 1n]), {
    stakes: amounts.map(([asset, first, second]) => ({ asset, amounts: [first, second] })),
  });

describe('install', () => {
  makes([
    ['the initiator pays', funded, transfer(40n), { ...FUNDED, ether: '60,50 | 100,50 | 0,0 | 40' }],
    [
      'the responder pays',
      funded,
      transfer(50n, { payer: HUB }),
      { ...FUNDED, ether: '100,0 | 100,50 | 0,0 | 50' },
    ],
    ['all of it', funded, transfer(100n), { ...FUNDED, ether: '0,50 | 100,50 | 0,0 | 100' }],
    [
      'both stake two assets',
      funded,
      counter([10n, 5n], [0n, 40n]),
      { ether: '90,45 | 100,50 | 0,0 | 15', token: '30,0 | 30,40 | 0,0 | 40' },
    ],
    [
      'by seat, not by party',
      funded,
      change(counter([10n, 5n], [1n, 0n]), { participants: [HUB, USER] }),
      { ether: '95,40 | 100,50 | 0,0 | 15', token: '30,39 | 30,40 | 0,0 | 1' },
    ],
  ]);
  refuses([
    ['more than the initiator has', funded, transfer(101n), 'insufficient_balance'],
    ['more than the responder has', funded, transfer(51n, { payer: HUB }), 'insufficient_collateral'],
    ['an asset nobody has', funded, transfer(1n, { asset: addressOf(9) }), 'insufficient_balance'],
    ['an unknown definition', funded, change(transfer(1n), { definition: addressOf(9) }), 'unsupported_app'],
    [
      'a stranger in a seat',
      funded,
      change(transfer(1n), { participants: [USER, addressOf(9)] }),
      'invalid_app',
    ],
    ['one party in both seats', funded, change(transfer(1n), { participants: [USER, USER] }), 'invalid_app'],
    [
      'another outcome type than the definition has',
      funded,
      change(transfer(1n), { outcomeType: 2 }),
      'invalid_app',
    ],
    ['a period of nothing', funded, change(transfer(1n), { periods: [0, 7200] }), 'invalid_app'],
    ['a period past 32 bits', funded, change(transfer(1n), { periods: [3600, 2 ** 32] }), 'invalid_app'],
    ['a fraction of a second', funded, change(transfer(1n), { periods: [1.5, 7200] }), 'invalid_app'],
    ['no stake', funded, stakes(), 'invalid_app'],
    [
      'five stakes',
      funded,
      stakes(...[0, 1, 2, 3, 4].map((seed) => [addressOf(seed), 1n, 0n] as const)),
      'invalid_app',
    ],
    ['stakes out of order', funded, stakes([TOKEN, 1n, 0n], [ETHER, 1n, 0n]), 'invalid_app'],
    ['an asset staked twice', funded, stakes([ETHER, 1n, 0n], [ETHER, 1n, 0n]), 'invalid_app'],
    ['a stake of nothing', funded, stakes([ETHER, 0n, 0n]), 'amount_out_of_range'],
    ['a negative stake', funded, stakes([ETHER, 2n, -1n]), 'amount_out_of_range'],
    ['a stake too large', funded, stakes([ETHER, AMOUNT_LIMIT, 0n]), 'amount_out_of_range'],
    [
      'a state that does not fit the stake',
      funded,
      { ...transfer(2n), state: transfer(1n).state },
      'invalid_state',
    ],
    ['a state that is none', funded, { ...transfer(1n), state: '0x1234' }, 'invalid_state'],
    [
      'a state that has ended',
      funded,
      {
        ...transfer(1n),
        state: encodeTransferState({ amount: 1n, lockHash: lockHashOf(PREIMAGE), preimage: PREIMAGE }),
      },
      'invalid_state',
    ],
    ['two apps of one nonce in a proposal', funded, [transfer(1n), transfer(2n)], 'app_exists'],
  ]);

  test('the same terms in the next proposal are another app, since the version is part of the id', () => {
    const once = after(funded, [transfer(1n)]);
    const twice = after(once, [transfer(1n)]);
    expect(new Set(twice.apps.map(({ id }) => id)).size).toBe(2);
  });

  test('an app cannot be installed, closed and installed again under one id', () => {
    const closed = uninstall(after(funded, [transfer(1n)]));
    expectCode(funded, [transfer(1n), closed, transfer(1n)], 'app_exists');
  });

  test('no more apps than a channel may hold', () => {
    const hundred = (from: number) =>
      Array.from({ length: 128 }, (_, index) => transfer(1n, { nonce: from + index }));
    const rich = after(EMPTY, [deposit(1000n, 0n)]);
    const full = after(after(rich, hundred(1)), hundred(200));
    expect(full.apps).toHaveLength(MAX_APPS);
    expect(inShort(full)).toEqual({ ether: '744,0 | 1000,0 | 0,0 | 256' });
    expectCode(full, [transfer(1n)], 'too_many');
    expect(after(full, [uninstall(full), transfer(1n)]).apps).toHaveLength(MAX_APPS);
  });
});

const outgoing = after(funded, [transfer(40n)]);
const incoming = after(funded, [transfer(40n, { payer: HUB })]);
const game = after(funded, [counter([10n, 5n], [0n, 40n])]);

describe('update and uninstall', () => {
  makes([
    ['a locked transfer goes back to its payer', outgoing, uninstall(outgoing), FUNDED],
    [
      'an unlocked one to the responder',
      outgoing,
      [act(outgoing, PREIMAGE), uninstall(outgoing)],
      { ...FUNDED, ether: '60,90 | 100,50 | 0,0 | 0' },
    ],
    [
      'an unlocked one to the initiator',
      incoming,
      [act(incoming, PREIMAGE), uninstall(incoming)],
      { ...FUNDED, ether: '140,10 | 100,50 | 0,0 | 0' },
    ],
    ['stakes of both come back as they were', game, uninstall(game), FUNDED],
    [
      'two actions, then the outcome by seat',
      game,
      [act(game, '0x02'), act(game, '0x01'), uninstall(game)],
      { ether: '95,55 | 100,50 | 0,0 | 0', token: '70,0 | 30,40 | 0,0 | 0' },
    ],
  ]);
  refuses([
    ['an update that no uninstall follows', outgoing, act(outgoing, PREIMAGE), 'invalid_action'],
    [
      'an update after the uninstall',
      outgoing,
      [uninstall(outgoing), act(outgoing, PREIMAGE)],
      'unknown_app',
    ],
    ['a second uninstall', outgoing, [uninstall(outgoing), uninstall(outgoing)], 'unknown_app'],
    ['an app that is not open', funded, { kind: 'uninstall', appId: hashOf(1) }, 'unknown_app'],
    [
      'an action in an app that is not open',
      funded,
      { kind: 'update', appId: hashOf(1), action: PREIMAGE },
      'unknown_app',
    ],
    [
      'an action the app does not take',
      outgoing,
      [act(outgoing, hashOf(9)), uninstall(outgoing)],
      'invalid_action',
    ],
    [
      'an action after the end',
      outgoing,
      [act(outgoing, PREIMAGE), act(outgoing, PREIMAGE), uninstall(outgoing)],
      'invalid_action',
    ],
    ['an app that has no outcome yet', game, [act(game, '0x02'), uninstall(game)], 'outcome_not_decided'],
  ]);

  test('an app that has moved outside the ledger closes at the state it is in', () => {
    const moved = withApp(
      incoming,
      advanced(
        only(incoming),
        encodeTransferState({ amount: 40n, lockHash: lockHashOf(PREIMAGE), preimage: PREIMAGE }),
      ),
    );
    expect(inShort(after(moved, [uninstall(moved)]))).toEqual({
      ...FUNDED,
      ether: '140,10 | 100,50 | 0,0 | 0',
    });
  });

  test('an outcome that is more or less than the stake breaks conservation (invariant 1)', () => {
    const logic = CATALOGUE.get(COUNTER)!;
    for (const shares of [
      [
        [16n, 0n],
        [0n, 40n],
      ],
      [
        [14n, 0n],
        [0n, 40n],
      ],
      [[15n, 0n]],
    ] as const) {
      const catalogue = new Map(CATALOGUE).set(COUNTER, {
        ...logic,
        outcome: () => ({ ok: true, value: shares }),
      });
      expect(applyOperations(CHANNEL, catalogue, game, 9n, [uninstall(game)])).toMatchObject({
        ok: false,
        error: { code: 'conservation_broken' },
      });
    }
  });

  test('one app cannot pay for the outcome of another (invariant 1)', () => {
    const two = after(game, [stakes([ETHER, 10n, 5n])]);
    const logic = CATALOGUE.get(COUNTER)!;
    const outcome = (_state: Bytes, of: readonly unknown[]) =>
      ({
        ok: true,
        value: of.length === 2 ? [[16n, 0n] as const, [0n, 40n] as const] : [[14n, 0n] as const],
      }) as const;
    const catalogue = new Map(CATALOGUE).set(COUNTER, { ...logic, outcome });
    const closing = two.apps.map(({ id }): Operation => ({ kind: 'uninstall', appId: id }));
    expect(applyOperations(CHANNEL, catalogue, two, 9n, closing)).toMatchObject({
      ok: false,
      error: { code: 'conservation_broken', details: { appId: two.apps[0]!.id } },
    });
  });

  test('an outcome with a negative share does not pass, though it adds up (invariant 1)', () => {
    const logic = CATALOGUE.get(COUNTER)!;
    const shares = [
      [-100n, 115n],
      [0n, 40n],
    ] as const;
    const catalogue = new Map(CATALOGUE).set(COUNTER, {
      ...logic,
      outcome: () => ({ ok: true, value: shares }),
    });
    expect(applyOperations(CHANNEL, catalogue, game, 9n, [uninstall(game)])).toMatchObject({ ok: false });
  });
});

const withdrawn = after(funded, [withdraw(20n)]);
const digestOf = (state: ChannelState) => state.withdrawals[0]!.digest;

describe('withdraw and return', () => {
  makes([
    ['by the initiator', funded, withdraw(20n), { ...FUNDED, ether: '80,50 | 100,50 | 20,0 | 0' }],
    [
      'by the responder',
      funded,
      withdraw(20n, { party: 1, recipient: HUB }),
      { ...FUNDED, ether: '100,30 | 100,50 | 0,20 | 0' },
    ],
    ['all of it', funded, withdraw(100n), { ...FUNDED, ether: '0,50 | 100,50 | 100,0 | 0' }],
    [
      'two that differ in their nonce',
      funded,
      [withdraw(20n), withdraw(20n, { nonce: hashOf(2) })],
      { ...FUNDED, ether: '60,50 | 100,50 | 40,0 | 0' },
    ],
    ['and goes back', withdrawn, { kind: 'return', digest: digestOf(withdrawn) }, FUNDED],
    [
      'and goes back to the responder',
      after(funded, [withdraw(20n, { party: 1 })]),
      { kind: 'return', digest: digestOf(after(funded, [withdraw(20n, { party: 1 })])) },
      FUNDED,
    ],
  ]);
  refuses([
    ['more than the initiator has', funded, withdraw(101n), 'insufficient_balance'],
    ['more than the responder has', funded, withdraw(51n, { party: 1 }), 'insufficient_collateral'],
    ['what is staked', outgoing, withdraw(61n), 'insufficient_balance'],
    ['nothing', funded, withdraw(0n), 'amount_out_of_range'],
    ['less than nothing', funded, withdraw(-1n), 'amount_out_of_range'],
    ['too much', funded, withdraw(AMOUNT_LIMIT), 'amount_out_of_range'],
    ['to nobody', funded, withdraw(1n, { recipient: NO_ADDRESS }), 'invalid_withdrawal'],
    ['without a deadline', funded, withdraw(1n, { deadline: 0 }), 'invalid_withdrawal'],
    ['one that is open already', withdrawn, withdraw(20n), 'invalid_withdrawal'],
    ['the same twice', funded, [withdraw(20n), withdraw(20n)], 'invalid_withdrawal'],
    ['to return what is not open', funded, { kind: 'return', digest: ZERO_HASH }, 'unknown_withdrawal'],
    [
      'to return twice',
      withdrawn,
      [
        { kind: 'return', digest: digestOf(withdrawn) },
        { kind: 'return', digest: digestOf(withdrawn) },
      ],
      'unknown_withdrawal',
    ],
  ]);

  test('what both sign is kept with its digest until it is executed or returned', () => {
    const [open] = withdrawn.withdrawals;
    const withdrawal = withdrawalOf(CHANNEL, 0n, withdraw(20n));
    expect(open?.digest).toBe(toHash(withdrawalDigest(CHANNEL.domain, withdrawal)));
    expect(withdrawalWith(open!, '0x')).toEqual(withdrawal);
    expect(withdrawalWith(open!, '0x00')).toBeNull();
    expect(after(withdrawn, [{ kind: 'return', digest: digestOf(withdrawn) }]).withdrawals).toEqual([]);
  });

  test('no more open ones than a state may list', () => {
    const some = (from: number) =>
      Array.from({ length: 128 }, (_, index) => withdraw(1n, { nonce: hashOf(from + index) }));
    const full = after(after(after(EMPTY, [deposit(1000n, 0n)]), some(1)), some(200));
    expect(full.withdrawals).toHaveLength(MAX_WITHDRAWALS);
    expectCode(full, [withdraw(1n, { nonce: hashOf(999) })], 'too_many');
  });
});

describe('swap', () => {
  makes([
    [
      'ether for the token',
      funded,
      swap(10n, 25n),
      { ether: '90,60 | 100,50 | 0,0 | 0', token: '55,15 | 30,40 | 0,0 | 0' },
    ],
    [
      'the token for ether',
      funded,
      swap(30n, 50n, { fromAsset: TOKEN, toAsset: ETHER }),
      { ether: '150,0 | 100,50 | 0,0 | 0', token: '0,70 | 30,40 | 0,0 | 0' },
    ],
    ['two in a row', funded, [swap(10n, 25n), swap(25n, 10n, { fromAsset: TOKEN, toAsset: ETHER })], FUNDED],
  ]);
  refuses([
    ['more than the initiator has', funded, swap(101n, 1n), 'insufficient_balance'],
    ['more than the responder has', funded, swap(1n, 41n), 'insufficient_collateral'],
    ['to give nothing', funded, swap(0n, 1n), 'amount_out_of_range'],
    ['to get nothing', funded, swap(1n, 0n), 'amount_out_of_range'],
    ['a negative amount', funded, swap(-1n, 1n), 'amount_out_of_range'],
    ['too large an amount', funded, swap(1n, AMOUNT_LIMIT), 'amount_out_of_range'],
    ['an asset for itself', funded, swap(1n, 1n, { toAsset: ETHER }), 'invalid_swap'],
    ['the quote of another channel', funded, swap(1n, 1n, { channel: addressOf(9) }), 'invalid_swap'],
    ['a quote for another chain', funded, swap(1n, 1n, { toChainId: 1 }), 'invalid_swap'],
  ]);
});

describe('several in one proposal', () => {
  makes([
    [
      'a deposit pays for the transfer that follows it',
      EMPTY,
      [deposit(10n, 0n), transfer(10n)],
      { ether: '0,0 | 10,0 | 0,0 | 10' },
    ],
    [
      'a claim pays for the next transfer',
      after(EMPTY, [deposit(0n, 40n), transfer(40n, { payer: HUB })]),
      (() => {
        const state = after(EMPTY, [deposit(0n, 40n), transfer(40n, { payer: HUB })]);
        return [act(state, PREIMAGE), uninstall(state), transfer(35n, { nonce: 2 }), withdraw(5n)];
      })(),
      { ether: '0,0 | 0,40 | 5,0 | 35' },
    ],
    [
      'a hundred transfers',
      funded,
      Array.from({ length: 100 }, (_, index) => transfer(1n, { nonce: index })),
      { ...FUNDED, ether: '0,50 | 100,50 | 0,0 | 100' },
    ],
  ]);
  refuses([
    ['the order that does not work', EMPTY, [transfer(10n), deposit(10n, 0n)], 'insufficient_balance'],
    ['all, when the last fails', funded, [transfer(40n), withdraw(61n)], 'insufficient_balance'],
  ]);

  test('a refusal leaves the state it was asked of as it was', () => {
    const before = structuredClone(game);
    expectCode(game, [act(game, '0x02'), withdraw(1n), transfer(1000n)], 'insufficient_balance');
    expect(game).toEqual(before);
  });
});
