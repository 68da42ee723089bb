// SPDX-License-Identifier: MIT
import { describe, expect, jest, test } from '@jest/globals';
import { recoverAddress } from '#secp256k1';
import { toBytes } from '../protocol/bytes.ts';
import { appId, ledgerDigest } from '../protocol/digests.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import {
  CHANNEL,
  HUB,
  STRANGER_KEY,
  USER,
  addressOf,
  advanced,
  after,
  agreed,
  counter,
  counterState,
  hashOf,
  signWith,
  signatureOf,
  transfer,
} from '../protocol/testing/two-parties.ts';
import { receiptDigest } from '../protocol/tower-receipt.ts';
import { ZERO_HASH, type AgreedState, type App, type AppInstance } from '../protocol/types.ts';
import type { ShownState } from '../protocol/wire/watchtower.ts';
import { appsRoot } from '../protocol/apps-root.ts';
import type { Store } from '../store/store.ts';
import { takeState } from './take-state.ts';
import { scriptedTower } from './testing/scripted-tower.ts';
import { FUNDED, atVersion, overWire, shownOf } from './testing/shown-states.ts';
import { parseWatched, watchedKey } from './watched-item.ts';

const key = watchedKey(CHANNEL.domain.chainId, CHANNEL.address);

async function held(store: Store) {
  const item = await store.get(key);
  return item && parseWatched(item);
}

/** A ledger with a transfer at version 0 and a counter that both moved on. */
function withApps(version: bigint, moves = 1): AgreedState {
  const open = after(FUNDED, [transfer(5n), counter([1n, 2n], [3n, 4n], counterState(9, 0))], version);
  const [lock, count] = open.apps as [AppInstance, AppInstance];
  let moved = count;
  for (let move = 1; move <= moves; move++)
    moved = advanced(moved, counterState(9 - move, (move % 2) as 0 | 1));
  return agreed({ ...open, apps: [lock, moved] });
}

/** An app of the test's own in a ledger whose root, stakes and signatures are right. */
function withApp(change: Partial<App>): ShownState {
  const [, count] = withApps(5n).apps as [AppInstance, AppInstance];
  const app = { ...count.app, ...change };
  const instance = advanced({ ...count, app, id: appId(CHANNEL.domain, app) }, count.state, 1n);
  const { ledger } = withApps(5n);
  const state = agreed({
    ...FUNDED,
    ledger: { ...ledger, appsRoot: appsRoot([instance.id]) },
    apps: [instance],
  });
  return shownOf(state);
}

const signedAnew = (shown: ShownState): ShownState => {
  const digest = ledgerDigest(CHANNEL.domain, shown.ledger);
  return { ...shown, signatures: [signatureOf(0, digest), signatureOf(1, digest)] };
};
const ether = FUNDED.ledger.assets[0]!;
const good = shownOf(withApps(5n));
const [first] = good.apps as [AppInstance];
const stranger = signWith(STRANGER_KEY, ledgerDigest(CHANNEL.domain, good.ledger));

describe('what is wrong is named, and nothing of it is kept', () => {
  const wrong: Record<string, [ErrorCode, ShownState]> = {
    'another chain': ['unknown_chain', { ...good, chainId: 5 }],
    'parties that make another channel': ['unknown_channel', { ...good, initiator: addressOf(4) }],
    'the parties exchanged': ['unknown_channel', { ...good, initiator: HUB, responder: USER }],
    'a ledger of another channel': [
      'unknown_channel',
      signedAnew({ ...good, ledger: { ...good.ledger, channel: addressOf(4) } }),
    ],
    'the initiator’s signature twice': [
      'bad_signature',
      { ...good, signatures: [good.signatures[0], good.signatures[0]] },
    ],
    'signatures exchanged': [
      'bad_signature',
      { ...good, signatures: [good.signatures[1], good.signatures[0]] },
    ],
    'a stranger’s signature': ['bad_signature', { ...good, signatures: [good.signatures[0], stranger] }],
    'signatures on another version': ['bad_signature', { ...good, ledger: { ...good.ledger, version: 6n } }],
    'signatures of nothing': ['bad_signature', { ...good, signatures: [`0x${'00'.repeat(65)}`, stranger] }],
    'money from nowhere': [
      'conservation_broken',
      signedAnew({
        ...good,
        ledger: { ...good.ledger, assets: [{ ...ether, balances: [2_000n, 1_000n] }] },
      }),
    ],
    'assets out of order': [
      'malformed',
      signedAnew({ ...good, ledger: { ...good.ledger, assets: [...good.ledger.assets].reverse() } }),
    ],
    'an amount past what the chain takes': [
      'amount_out_of_range',
      signedAnew({
        ...good,
        ledger: {
          ...good.ledger,
          assets: [{ ...ether, balances: [1n << 112n, 0n], deposits: [1n << 112n, 0n] }],
        },
      }),
    ],
    'stakes locked in no app': [
      'conservation_broken',
      signedAnew({ ...good, appIds: [], apps: [], ledger: { ...good.ledger, appsRoot: ZERO_HASH } }),
    ],
    'a missing app id': ['invalid_state', { ...good, appIds: good.appIds.slice(1) }],
    'an app id too many': ['invalid_state', { ...good, appIds: [...good.appIds, hashOf(7)] }],
    'an app id twice': ['invalid_state', { ...good, appIds: [...good.appIds, good.appIds[0]!] }],
    'an app that is not in the ledger': ['unknown_app', { ...shownOf(atVersion(5n)), apps: good.apps }],
    'one app twice': ['unknown_app', { ...good, apps: [first, first] }],
    'terms that do not make the id': [
      'invalid_app',
      { ...good, apps: [{ ...first, app: { ...first.app, holdUntil: 1 } }] },
    ],
    'an app of another channel': ['invalid_app', withApp({ channel: addressOf(4) })],
    'an app of another epoch': ['invalid_app', withApp({ epoch: 1n })],
    'an app between others': ['invalid_app', withApp({ participants: [USER, addressOf(4)] })],
    'an app state at version 0': ['invalid_state', { ...good, apps: [{ ...first, version: 0n }] }],
    'another app state than the one that was signed': [
      'bad_signature',
      { ...good, apps: [{ ...first, state: counterState(1, 1) }] },
    ],
    'half-signed app state': [
      'bad_signature',
      { ...good, apps: [{ ...first, signatures: [first.signatures[0], null] }] },
    ],
    'the first ledger of an epoch': [
      'invalid_state',
      signedAnew({ ...shownOf(atVersion(5n)), ledger: { ...FUNDED.ledger, version: 0n } }),
    ],
    'an epoch the chain has not begun': [
      'wrong_epoch',
      signedAnew({ ...shownOf(atVersion(5n)), ledger: { ...FUNDED.ledger, version: 5n, epoch: 1n } }),
    ],
  };
  test.each(Object.entries(wrong))('%s', async (_name, [code, shown]) => {
    const { tower, store } = await scriptedTower();
    expect(await takeState(tower, shown)).toMatchObject({ ok: false, error: { code } });
    expect(await held(store)).toBeNull();
  });

  test('hubs and periods that the operator does not want, and channels past the limit', async () => {
    const others = await scriptedTower({ responders: [addressOf(4)] });
    expect(await takeState(others.tower, good)).toMatchObject({ error: { code: 'not_watched' } });
    const slow = await scriptedTower({ minChallengePeriod: CHANNEL.challengePeriod + 1 });
    expect(await takeState(slow.tower, good)).toMatchObject({ error: { code: 'not_watched' } });
    const full = await scriptedTower({ maxChannels: 0 });
    expect(await takeState(full.tower, good)).toMatchObject({ error: { code: 'not_watched' } });
    const invited = await scriptedTower({ responders: [HUB], maxChannels: 1 });
    expect((await takeState(invited.tower, good)).ok).toBe(true);
    expect((await takeState(invited.tower, shownOf(withApps(6n)))).ok).toBe(true);
  });
});

describe('what is kept', () => {
  test('is the newest, whatever order it comes in, and the receipt says which', async () => {
    const { tower, store } = await scriptedTower();
    for (const [shown, kept] of [
      [3n, 3n],
      [7n, 7n],
      [5n, 7n],
      [7n, 7n],
      [8n, 8n],
    ] as const) {
      const taken = await takeState(tower, overWire(shownOf(atVersion(shown))));
      if (!taken.ok) throw new Error(taken.error.code);
      const { version, epoch, at, signature } = taken.value;
      expect(version).toBe(kept);
      expect(recoverAddress(receiptDigest(CHANNEL, { epoch, version, at }), toBytes(signature))).toBe(
        tower.address,
      );
      expect((await held(store))?.newest.ledger.version).toBe(kept);
    }
  });

  test('an app keeps its newest state, also where an older one comes with a newer ledger', async () => {
    const { tower, store } = await scriptedTower();
    const appVersion = async () => (await held(store))?.newest.apps.map(({ version }) => version);
    await takeState(tower, shownOf(withApps(5n, 3)));
    expect(await appVersion()).toEqual([3n]);
    await takeState(tower, shownOf(withApps(5n, 2)));
    expect(await appVersion()).toEqual([3n]);
    await takeState(tower, shownOf(withApps(5n, 4)));
    expect(await appVersion()).toEqual([4n]);
    await takeState(tower, shownOf(atVersion(9n)));
    expect(await appVersion()).toEqual([]);
    await takeState(tower, shownOf(withApps(5n, 5)));
    expect(await appVersion()).toEqual([]);
  });

  test('does not grow with updates: one item for a channel, of one size', async () => {
    const { tower, store } = await scriptedTower();
    await takeState(tower, shownOf(withApps(100n, 1)));
    const sizeOf = async () => JSON.stringify((await store.get(key))?.body).length;
    const size = await sizeOf();
    const { items } = await store.query('kind', 'watched');
    expect(items).toHaveLength(1);
    for (let version = 101n; version < 400n; version++)
      await takeState(tower, shownOf(withApps(version, Number(version % 8n) + 1)));
    expect(await sizeOf()).toBe(size);
    expect((await store.query('kind', 'watched')).items).toHaveLength(1);
    expect(tower.census.of(CHANNEL.domain.chainId)).toBe(1);
  }, 30_000);

  test('nothing of it is asked of the chain once a channel is known', async () => {
    const { tower, scripted } = await scriptedTower();
    await takeState(tower, shownOf(atVersion(1n)));
    scripted.isAway = true;
    expect((await takeState(tower, shownOf(atVersion(2n)))).ok).toBe(true);
  });

  test('a channel that is not known waits for the chain', async () => {
    const { tower, scripted } = await scriptedTower();
    scripted.isAway = true;
    expect(await takeState(tower, good)).toMatchObject({
      error: { code: 'chain_unavailable', retryable: true },
    });
  });

  test('a new epoch replaces the ledger once the chain has begun it; apps of the old one stay', async () => {
    const { tower, store, scripted } = await scriptedTower();
    await takeState(tower, shownOf(withApps(5n, 2)));
    const next = signedAnew({
      ...shownOf(atVersion(1n)),
      ledger: { ...FUNDED.ledger, epoch: 1n, version: 1n },
    });
    expect(await takeState(tower, next)).toMatchObject({ error: { code: 'wrong_epoch' } });
    scripted.ledger = { ...scripted.ledger, epoch: 1n };
    expect(await takeState(tower, next)).toMatchObject({ ok: true, value: { epoch: 1n, version: 1n } });
    expect(await held(store)).toMatchObject({
      newest: { ledger: { epoch: 1n, version: 1n } },
      earlier: [{ ledger: { epoch: 0n }, apps: [{ version: 2n }] }],
    });
    expect(await takeState(tower, good)).toMatchObject({ error: { code: 'wrong_epoch' } });
  });

  test('of two at once neither is lost', async () => {
    const { tower, store } = await scriptedTower();
    const all = await Promise.all(
      [4n, 9n, 2n, 7n].map((version) => takeState(tower, shownOf(atVersion(version)))),
    );
    expect(all.every((taken) => taken.ok)).toBe(true);
    expect((await held(store))?.newest.ledger.version).toBe(9n);
  });

  test('a receipt leaves only after the state is durable', async () => {
    const { tower, store } = await scriptedTower();
    jest.spyOn(store, 'put').mockRejectedValue(new Error('died'));
    await expect(takeState(tower, good)).rejects.toThrow('died');
  });
});
