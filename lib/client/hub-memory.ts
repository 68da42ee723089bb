// SPDX-License-Identifier: MIT
/** What a hub last said of itself, kept so that its user can leave when it says nothing any more (invariant 14). */
import type { Store } from '../store/store.ts';
import { toJson } from '../protocol/wire/primitives.ts';
import { parseDescription, type HubDescription } from './hub-description.ts';

const HUB_SCHEMA = 1;

const hubKey = (hubUrl: string): string => `hub#${hubUrl}`;

/** Written only where it changed. A store that fails here costs no money: the hub can be asked again. */
export async function rememberHub(store: Store, hubUrl: string, description: HubDescription): Promise<void> {
  try {
    const held = await store.get(hubKey(hubUrl));
    const body = toJson(description);
    if (JSON.stringify(held?.body) === JSON.stringify(body)) return;
    await store.put({ key: hubKey(hubUrl), schema: HUB_SCHEMA, body }, held?.etag ?? 'absent');
  } catch {
    // The next connection tries again.
  }
}

export async function recallHub(store: Store, hubUrl: string): Promise<HubDescription | null> {
  const held = await store.get(hubKey(hubUrl));
  return held === null ? null : parseDescription(held.body);
}
