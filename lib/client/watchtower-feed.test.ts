// SPDX-License-Identifier: MIT
import { afterEach, expect, test } from '@jest/globals';
import { decodeRequest, encodeReply } from '../messaging/envelope.ts';
import type { Fetch } from '../messaging/http-post.ts';
import { refuse } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import {
  CHANNEL,
  EMPTY,
  HUB_KEY,
  STRANGER_KEY,
  TOKEN,
  advanced,
  after,
  agreed,
  counter,
  counterState,
  deposit,
  signWith,
  transfer,
} from '../protocol/testing/two-parties.ts';
import { receiptDigest } from '../protocol/tower-receipt.ts';
import type { Address, AgreedState } from '../protocol/types.ts';
import { toJson } from '../protocol/wire/primitives.ts';
import { shownState, type ShownState } from '../protocol/wire/watchtower.ts';
import { addressOfPrivateKey } from '#secp256k1';
import { EventHub, type ClientEvent } from './events.ts';
import { WatchtowerFeed, shownStateOf } from './watchtower-feed.ts';

const state = (version: bigint): AgreedState => agreed(after(EMPTY, [deposit(version, 0n)], version));
const TOWER = 'http://tower.example';

/** A tower of the test's own: it answers when told to. */
class ToldTower {
  readonly shown: ShownState[] = [];
  readonly #waiting: (() => void)[] = [];
  mode: 'signs' | 'refuses' | 'gone' | 'forges' = 'signs';
  /** What it says it holds; what it was shown if null. */
  ahead: bigint | null = null;
  isPatient = false;

  readonly fetch: Fetch = async (url, init) => {
    expect(url).toBe(`${TOWER}/v1/states`);
    const { id, request } = decodeRequest(String(init?.body), 1 << 20);
    if (!request.ok) throw new Error(request.error.code);
    const shown = shownState.parse(request.value.body);
    this.shown.push(shown);
    if (this.isPatient) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.mode === 'gone') throw new TypeError('fetch failed');
    if (this.mode === 'refuses') return new Response(encodeReply(id, refuse('busy')), { status: 429 });
    const held = { epoch: shown.ledger.epoch, version: this.ahead ?? shown.ledger.version, at: 1 };
    const tower = addressOfPrivateKey(HUB_KEY) as Address;
    const key = this.mode === 'forges' ? STRANGER_KEY : HUB_KEY;
    const receipt = { ...held, tower, signature: signWith(key, receiptDigest(CHANNEL, held)) };
    return new Response(encodeReply(id, ok(toJson(receipt))));
  };

  answer(): void {
    this.#waiting.shift()?.();
  }
}

const open = new Set<AbortController>();
afterEach(() => open.forEach((closing) => closing.abort()));

function feedTo(tower: ToldTower, first: AgreedState) {
  const events = new EventHub();
  const told: ClientEvent[] = [];
  for (const name of ['watchtower.accepted', 'watchtower.failing'] as const)
    events.on(name, (event) => void told.push({ type: name, ...event } as ClientEvent));
  const closing = new AbortController();
  open.add(closing);
  let now = 1_000;
  const naps: number[] = [];
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      naps.push(ms);
      now += ms / 1000;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const held = { state: first };
  const feed = new WatchtowerFeed({
    towers: [`${TOWER}/`],
    channel: CHANNEL,
    newest: () => held.state,
    clock,
    events,
    closing: closing.signal,
    fetch: tower.fetch,
  });
  return { feed, told, naps, closing, held };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
const versions = (tower: ToldTower) => tower.shown.map((shown) => shown.ledger.version);

test('one request at a time, and then only the newest of what was agreed meanwhile', async () => {
  const tower = new ToldTower();
  tower.isPatient = true;
  const { feed, told, held } = feedTo(tower, state(1n));
  feed.nudge();
  for (const version of [2n, 3n, 4n]) {
    held.state = state(version);
    feed.nudge();
    await settled();
  }
  expect(versions(tower)).toEqual([1n]);
  tower.answer();
  await settled();
  expect(versions(tower)).toEqual([1n, 4n]);
  tower.answer();
  await settled();
  expect(versions(tower)).toEqual([1n, 4n]);
  expect(told).toMatchObject([
    { type: 'watchtower.accepted', receipt: { version: 1n } },
    { type: 'watchtower.accepted', receipt: { version: 4n } },
  ]);
  held.state = state(5n);
  feed.nudge();
  await settled();
  expect(versions(tower)).toEqual([1n, 4n, 5n]);
});

test.each(['gone', 'refuses', 'forges'] as const)(
  'a tower that is %s is asked again ever less often, and named once it lasts',
  async (mode) => {
    const tower = new ToldTower();
    tower.mode = mode;
    const { feed, told, naps, closing } = feedTo(tower, state(1n));
    feed.nudge();
    while (naps.length < 9) await settled();
    expect(naps.slice(0, 9)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000));
    expect(told).toMatchObject([{ type: 'watchtower.failing', url: TOWER, since: 1_000 }]);
    tower.mode = 'signs';
    while (told.length < 2) await settled();
    expect(told.at(-1)).toMatchObject({ type: 'watchtower.accepted', receipt: { version: 1n } });
    const asked = tower.shown.length;
    closing.abort();
    await settled();
    expect(tower.shown).toHaveLength(asked);
  },
);

test('a tower that holds less than it was shown has not taken it; one that holds more says so', async () => {
  const tower = new ToldTower();
  tower.ahead = 1n;
  const { feed, told, closing } = feedTo(tower, state(2n));
  feed.nudge();
  await settled();
  expect(told.map(({ type }) => type)).not.toContain('watchtower.accepted');
  tower.ahead = 9n;
  while (told.at(-1)?.type !== 'watchtower.accepted') await settled();
  expect(told.at(-1)).toMatchObject({ type: 'watchtower.accepted', receipt: { version: 9n } });
  closing.abort();
});

test('nothing is shown before anything was signed', async () => {
  const tower = new ToldTower();
  const { feed, held } = feedTo(tower, EMPTY);
  feed.nudge();
  await settled();
  expect(tower.shown).toEqual([]);
  held.state = state(1n);
  feed.nudge();
  await settled();
  expect(versions(tower)).toEqual([1n]);
});

test('of open apps only those with a state both signed are shown', () => {
  const funded = after(EMPTY, [deposit(100n, 100n), deposit(100n, 100n, TOKEN)]);
  const two = after(funded, [transfer(5n), counter([1n, 1n], [1n, 1n])], 7n);
  const [first, second] = two.apps;
  const moved = advanced(second!, counterState(1, 1));
  const shown = shownStateOf(CHANNEL, agreed({ ...two, apps: [first!, moved] }));
  expect(shown?.appIds).toEqual([first!.id, second!.id]);
  expect(shown?.apps).toEqual([moved]);
});
