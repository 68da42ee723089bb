// SPDX-License-Identifier: MIT
import { toHash } from './bytes.ts';
import { appStateDigest, ledgerDigest, stateHash } from './digests.ts';
import type { ErrorCode } from './errors.ts';
import type { AppUpdate, Operation, Proposal } from './operations.ts';
import {
  CATALOGUE,
  CHANNEL,
  EMPTY,
  HUB,
  PREIMAGE,
  STRANGER_KEY,
  addressOf,
  advanced,
  after,
  counter,
  counterState,
  deposit,
  hashOf,
  propose,
  recover,
  signWith,
  signatureOf,
  transfer,
  TOKEN,
} from './testing/two-parties.ts';
import {
  MAX_OPERATIONS,
  MAX_VERSION,
  MAX_VERSION_STEP,
  applyOperations,
  digestOf,
  isSignedBy,
  judgeProposal,
  judgeUpdate,
} from './transition.ts';
import { ZERO_HASH, type Channel, type ChannelState } from './types.ts';

const refused = (code: ErrorCode) =>
  expect.objectContaining({ ok: false, error: expect.objectContaining({ code }) });
const funded = after(EMPTY, [deposit(100n, 50n), deposit(30n, 40n, TOKEN)]);
const pay: readonly Operation[] = [transfer(10n)];
const judge = (state: ChannelState, proposal: Proposal) => judgeProposal(CHANNEL, CATALOGUE, state, proposal);

describe('a proposal', () => {
  test('that builds on the held state gives the next one and the digest both sign', () => {
    const judged = judge(funded, propose(funded, pay));
    const next = after(funded, pay);
    expect(judged).toMatchObject({
      ok: true,
      value: { next, digest: ledgerDigest(CHANNEL.domain, next.ledger) },
    });
    if (!judged.ok) throw new Error(judged.error.code);
    expect(judged.value.steps.map((step) => step.apps)).toEqual([next.apps]);
    expect(next.ledger.version).toBe(funded.ledger.version + 1n);
  });

  test('may skip versions, as far as a restored client jumps', () => {
    for (const version of [2n, 1_000_000n, MAX_VERSION_STEP].map((step) => funded.ledger.version + step)) {
      const judged = judge(funded, propose(funded, pay, version));
      expect(judged.ok && judged.value.next.ledger.version).toBe(version);
      expect(judged.ok && judged.value.next.apps[0]!.app.installVersion).toBe(version);
    }
  });

  test('W-A11 cannot use the versions up: neither at once nor up to the last one', () => {
    const { version } = funded.ledger;
    for (const beyond of [version + MAX_VERSION_STEP + 1n, MAX_VERSION + 1n, 2n ** 64n - 1n]) {
      expect(judge(funded, propose(funded, pay, beyond))).toEqual(refused('version_out_of_range'));
      expect(applyOperations(CHANNEL, CATALOGUE, funded, beyond, pay)).toEqual(
        refused('version_out_of_range'),
      );
    }
    const high = { ...funded, ledger: { ...funded.ledger, version: MAX_VERSION - 1n } };
    expect(judge(high, propose(high, pay, MAX_VERSION)).ok).toBe(true);
    expect(judge(high, propose(high, pay, MAX_VERSION + 1n))).toEqual(refused('version_out_of_range'));
  });

  test('is judged the same every time it is resent (invariant 5)', () => {
    const proposal = propose(funded, pay);
    expect(judge(funded, structuredClone(proposal))).toEqual(judge(funded, proposal));
  });

  test('that got no answer is superseded by a higher version on the same state', () => {
    const first = judge(funded, propose(funded, pay, 5n));
    const second = judge(funded, propose(funded, [transfer(20n)], 6n));
    expect(first.ok && second.ok).toBe(true);
    expect(first.ok && judge(first.value.next, propose(funded, [transfer(20n)], 6n))).toEqual(
      refused('out_of_sync'),
    );
    expect(second.ok && judge(second.value.next, propose(funded, pay, 5n))).toEqual(refused('stale_version'));
  });

  const good = propose(funded, pay);
  const later = after(funded, pay);
  test.each<[string, ChannelState, Proposal, ErrorCode]>([
    ['for another channel', funded, { ...good, channel: addressOf(9) }, 'unknown_channel'],
    ['of an epoch that is over', funded, { ...good, epoch: 1n }, 'wrong_epoch'],
    ['of another epoch, though its version is stale too', later, { ...good, epoch: 1n }, 'wrong_epoch'],
    ['at the held version', funded, { ...good, version: funded.ledger.version }, 'stale_version'],
    ['below the held version', funded, { ...good, version: 0n }, 'stale_version'],
    ['that was agreed already', later, good, 'stale_version'],
    ['on an older state', later, { ...good, version: 9n }, 'out_of_sync'],
    ['on a later state', funded, propose(later, [transfer(1n)]), 'out_of_sync'],
    [
      'on another state of the held version',
      funded,
      { ...good, previous: { ...good.previous, digest: ZERO_HASH } },
      'out_of_sync',
    ],
    [
      'on another version of the held state',
      funded,
      { ...good, previous: { ...good.previous, version: 0n } },
      'out_of_sync',
    ],
    ['without operations', funded, { ...good, operations: [] }, 'malformed'],
    [
      'of too many operations',
      funded,
      { ...good, operations: Array.from({ length: MAX_OPERATIONS + 1 }, () => pay[0]!) },
      'too_large',
    ],
    [
      'of which an operation is refused',
      funded,
      { ...good, operations: [transfer(101n)] },
      'insufficient_balance',
    ],
  ])('%s is refused', (_name, state, proposal, code) => {
    expect(judge(state, proposal)).toEqual(refused(code));
  });

  test('names the unsigned first state of an epoch by its digest, like any other', () => {
    const first = propose(EMPTY, [deposit(1n, 0n)]);
    expect(first.previous).toEqual({ version: 0n, digest: toHash(digestOf(CHANNEL, EMPTY)) });
    expect(judge(EMPTY, first).ok).toBe(true);
  });

  test('for this chain means nothing on another', () => {
    const elsewhere: Channel = { ...CHANNEL, domain: { ...CHANNEL.domain, chainId: 1 } };
    expect(judgeProposal(elsewhere, CATALOGUE, funded, good)).toEqual(refused('out_of_sync'));
  });

  test('that both run gives both the same bytes to sign', () => {
    const mine = applyOperations(CHANNEL, CATALOGUE, funded, 2n, pay);
    const theirs = judge(structuredClone(funded), structuredClone(good));
    expect(mine.ok && theirs.ok && toHash(theirs.value.digest)).toBe(
      mine.ok && toHash(digestOf(CHANNEL, mine.value)),
    );
  });

  test('leaves the root alone when it leaves the apps alone', () => {
    const open = after(funded, pay);
    expect(after(open, [deposit(101n, 50n)]).ledger.appsRoot).toBe(open.ledger.appsRoot);
    expect(after(open, [{ kind: 'uninstall', appId: open.apps[0]!.id }]).ledger.appsRoot).toBe(ZERO_HASH);
    expect(after(open, [transfer(1n, { nonce: 2 })]).ledger.appsRoot).not.toBe(open.ledger.appsRoot);
  });
});

describe('a signature', () => {
  const digest = digestOf(CHANNEL, funded);
  const signature = signatureOf(0, digest);
  const isUsers = (text: string, over = digest) => isSignedBy(recover, over, text, CHANNEL.initiator);

  test('is by its signer on its digest and nothing else', () => {
    expect(isUsers(signature)).toBe(true);
    expect(isUsers(signatureOf(1, digest))).toBe(false);
    expect(isUsers(signWith(STRANGER_KEY, digest))).toBe(false);
    expect(isUsers(signature, digestOf(CHANNEL, EMPTY))).toBe(false);
  });

  test.each([
    ['nothing', '0x'],
    ['a byte short', signature.slice(0, -2)],
    ['a byte long', `${signature}00`],
    ['zeros', `0x${'00'.repeat(65)}`],
    ['another recovery id', `${signature.slice(0, -2)}1d`],
    ['its form with v 0 or 1', `${signature.slice(0, -2)}${signature.endsWith('1b') ? '00' : '01'}`],
  ])('of %s is none', (_name, text) => {
    expect(isUsers(text)).toBe(false);
  });
});

describe('an update outside the ledger', () => {
  const game = after(funded, [counter([10n, 5n], [0n, 40n])]);
  const [app] = game.apps as [(typeof game.apps)[number]];
  const update: AppUpdate = {
    channel: CHANNEL.address,
    appId: app.id,
    version: 1n,
    action: '0x02',
    signature: `0x${'11'.repeat(65)}`,
  };
  const judgeIn = (state: ChannelState, given: Partial<AppUpdate>) =>
    judgeUpdate(CHANNEL, CATALOGUE, state, { ...update, ...given });
  const at = (state: ReturnType<typeof counterState>, version: bigint): ChannelState => ({
    ...game,
    apps: [advanced(app, state, version)],
  });

  test('moves the app by one version and gives the digest both sign', () => {
    const state = counterState(1, 1);
    expect(judgeIn(game, {})).toEqual({
      ok: true,
      value: {
        next: { ...app, state, version: 1n, signatures: [update.signature, null] },
        digest: appStateDigest(CHANNEL.domain, { appId: app.id, version: 1n, stateHash: stateHash(state) }),
      },
    });
  });

  test.each<[string, ChannelState, Partial<AppUpdate>, ErrorCode]>([
    ['in another channel', game, { channel: addressOf(9) }, 'unknown_channel'],
    ['of an app that is not open', game, { appId: hashOf(9) }, 'unknown_app'],
    ['to the version it has', game, { version: 0n }, 'stale_version'],
    ['to a version that is over', at(counterState(2, 0), 7n), { version: 3n }, 'stale_version'],
    ['that skips a version', game, { version: 2n }, 'out_of_sync'],
    [
      'by whose turn it is not',
      at(counterState(1, 1), 1n),
      { version: 2n, action: '0x01' },
      'not_turn_taker',
    ],
    ['after the end', at(counterState(0, 0), 2n), { version: 3n, action: '0x00' }, 'invalid_action'],
    ['the app does not take', game, { action: '0x07' }, 'invalid_action'],
  ])('%s is refused', (_name, state, given, code) => {
    expect(judgeIn(state, given)).toEqual(refused(code));
  });

  test('after the end is refused even where the app would take it', () => {
    const logic = CATALOGUE.get(app.app.definition)!;
    const lenient = { ...logic, applyAction: () => ({ ok: true, value: counterState(5, 0) }) as const };
    const catalogue = new Map(CATALOGUE).set(app.app.definition, lenient);
    const over = at(counterState(0, 0), 2n);
    expect(judgeUpdate(CHANNEL, catalogue, over, { ...update, version: 3n })).toEqual(
      refused('invalid_action'),
    );
  });

  test('unlocks a transfer the initiator is paid by, not one it pays', () => {
    for (const [state, code] of [
      [after(funded, [transfer(10n, { payer: HUB })]), null],
      [after(funded, [transfer(10n)]), 'not_turn_taker'],
    ] as const) {
      const judged = judgeIn(state, { appId: state.apps[0]!.id, action: PREIMAGE });
      expect(judged).toEqual(code === null ? expect.objectContaining({ ok: true }) : refused(code));
    }
  });

  test('does not touch the ledger or the state it was asked of', () => {
    const before = structuredClone(game);
    expect(judgeIn(game, {}).ok).toBe(true);
    expect(game).toEqual(before);
  });
});
