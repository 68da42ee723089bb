// SPDX-License-Identifier: MIT
/**
 * One round on one chain: what was said, what that means for the channels held, what is to be sent. Any round may be
 * missed, repeated or cut short anywhere: the next one finds the same (invariant 12).
 */
import { submit } from '../lane/submit.ts';
import type { Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Item } from '../store/store.ts';
import { follow, type Followed } from './follow.ts';
import { look } from './look.ts';
import { offer, type Offered } from './offer.ts';
import type { Block } from './ports.ts';
import type { Tower, TowerChain } from './tower.ts';
import { towerLane } from './tower-lane.ts';
import { attendedPartition, parseWatched, watchedItem } from './watched-item.ts';

/** Channels looked at at once: a look is a few questions to the node. */
const AT_ONCE = 8;
const PAGE = 100;

/** The latest block, if the chain could be read. What is in the lane is moved on in any case. */
export async function round(tower: Tower, chain: TowerChain): Promise<Outcomes<Block>> {
  const owner = towerLane(tower, chain);
  const followed = await follow(tower, chain);
  if (followed.ok) await offer(tower, chain, owner, await lookAtAll(tower, chain, followed.value));
  await submit(owner);
  return followed.ok ? ok(followed.value.latest) : followed;
}

async function lookAtAll(tower: Tower, chain: TowerChain, followed: Followed): Promise<readonly Offered[]> {
  const offered: Offered[] = [];
  let after: string | undefined;
  do {
    const page = await tower.store.query('due', attendedPartition(chain.chainId), {
      limit: PAGE,
      ...(after && { after }),
    });
    for (let start = 0; start < page.items.length; start += AT_ONCE) {
      const items = page.items.slice(start, start + AT_ONCE);
      const found = await Promise.all(items.map((item) => lookAt(tower, chain, item, followed)));
      offered.push(...found.flat());
    }
    after = page.next;
  } while (after !== undefined);
  return offered;
}

/** A conflict on writing down what was found means that the channel changed: it is looked at again in the next round. */
async function lookAt(
  tower: Tower,
  chain: TowerChain,
  item: Item,
  { latest, isNew }: Followed,
): Promise<readonly Offered[]> {
  const watched = parseWatched(item);
  const { attention } = watched;
  if (attention !== null && attention.untilBlock !== null && !isNew) return [];
  const looked = await look(chain, watched, { now: tower.clock.now(), latest: latest.number });
  if (!looked.ok) {
    tower.log.warn({ channel: watched.channel.address, error: looked.error }, 'a channel was not looked at');
    return [];
  }
  const { answers, next } = looked.value;
  if (next === null) {
    if ((await tower.store.remove(item.key, item.etag)).ok) tower.census.add(chain.chainId, -1);
    return [];
  }
  const before = JSON.stringify(item.body);
  const put = watchedItem(next);
  if (JSON.stringify(put.body) !== before) await tower.store.put(put, item.etag);
  return answers.map((answer) => ({ channel: watched.channel, answer }));
}
