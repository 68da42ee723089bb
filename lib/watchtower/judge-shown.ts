// SPDX-License-Identifier: MIT
/**
 * Whether what a stranger shows is a state both parties of a channel signed, and one the registry would take. It decides
 * nothing about whether the state is new.
 */
import { appsRoot } from '../protocol/apps-root.ts';
import { appId, appStateDigest, ledgerDigest, stateHash } from '../protocol/digests.ts';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { checkLedger } from '../protocol/ledger.ts';
import { ok } from '../protocol/result.ts';
import { isSignedBy, type Recover } from '../protocol/transition.ts';
import { ZERO_HASH, type AppInstance, type Channel, type Hash } from '../protocol/types.ts';
import type { ShownState } from '../protocol/wire/watchtower.ts';
import type { Tower, TowerChain } from './tower.ts';
import type { Held } from './watched-item.ts';

export interface JudgedState {
  readonly chain: TowerChain;
  readonly channel: Channel;
  readonly held: Held;
  /** Of all apps in the ledger. */
  readonly appIds: readonly Hash[];
}

type JudgingTower = Pick<Tower, 'chains' | 'limits' | 'recover'>;

export function judgeShown(tower: JudgingTower, shown: ShownState): Outcomes<JudgedState> {
  const chain = tower.chains.get(shown.chainId);
  if (chain === undefined) return refuse('unknown_chain', { chainId: shown.chainId });
  const { initiator, responder, challengePeriod, ledger, signatures, appIds, apps } = shown;
  const { responders, minChallengePeriod } = tower.limits;
  if (responders.length > 0 && !responders.includes(responder)) return refuse('not_watched', { responder });
  if (challengePeriod < minChallengePeriod)
    return refuse('not_watched', { challengePeriod, minChallengePeriod });
  const parties = { initiator, responder, challengePeriod };
  const channel: Channel = {
    domain: { chainId: chain.chainId, registry: chain.registry },
    address: chain.reader.channelAddress(parties),
    ...parties,
  };
  if (ledger.channel !== channel.address)
    return refuse('unknown_channel', { channel: ledger.channel, computed: channel.address });
  const counted = checkLedger(ledger);
  if (!counted.ok) return counted;
  if (new Set(appIds).size !== appIds.length || appsRoot(appIds) !== ledger.appsRoot)
    return refuse('invalid_state', { what: 'apps root' });
  if (ledger.appsRoot === ZERO_HASH && ledger.assets.some(({ locked }) => locked > 0n))
    return refuse('conservation_broken', { what: 'locked without apps' });
  if (ledger.version === 0n) return refuse('invalid_state', { version: 0n });
  const digest = ledgerDigest(channel.domain, ledger);
  for (const [party, signature] of signatures.entries()) {
    const signer = party === 0 ? initiator : responder;
    if (!isSignedBy(tower.recover, digest, signature, signer)) return refuse('bad_signature', { party });
  }
  for (const [index, instance] of apps.entries()) {
    const isTwice = apps.findIndex((other) => other.id === instance.id) !== index;
    if (isTwice || !appIds.includes(instance.id)) return refuse('unknown_app', { appId: instance.id });
    const judged = judgeApp(channel, tower.recover, ledger.epoch, instance);
    if (!judged.ok) return judged;
  }
  return ok({ chain, channel, held: { ledger, signatures, apps }, appIds });
}

function judgeApp(
  channel: Channel,
  recover: Recover,
  epoch: bigint,
  { id, app, version, state, signatures }: AppInstance,
): Outcomes<void> {
  if (appId(channel.domain, app) !== id) return refuse('invalid_app', { appId: id });
  const [first, second] = app.participants;
  const isOfChannel =
    app.channel === channel.address &&
    app.epoch === epoch &&
    [first, second].includes(channel.initiator) &&
    [first, second].includes(channel.responder);
  if (!isOfChannel) return refuse('invalid_app', { appId: id });
  if (version === 0n) return refuse('invalid_state', { appId: id, version });
  const digest = appStateDigest(channel.domain, { appId: id, version, stateHash: stateHash(state) });
  const areBoth =
    signatures[0] !== null &&
    signatures[1] !== null &&
    isSignedBy(recover, digest, signatures[0], channel.initiator) &&
    isSignedBy(recover, digest, signatures[1], channel.responder);
  return areBoth ? ok(undefined) : refuse('bad_signature', { appId: id });
}
