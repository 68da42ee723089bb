// SPDX-License-Identifier: MIT
/** From a wallet's key to a client that speaks with the hub over HTTP. */
import { openClientStore } from '#client-store';
import { z } from 'zod';
import { channelKey } from '../../lib/client/channel-key.ts';
import type { IndraClient } from '../../lib/client/client.ts';
import { connect } from '../../lib/client/connect.ts';
import { chainOf, fetchDescription, termsOf } from '../../lib/client/hub-description.ts';
import { IndraError } from '../../lib/client/indra-error.ts';
import { longestOffer } from '../../lib/client/transfer-terms.ts';
import { httpTransport } from '../../lib/messaging/http-transport.ts';
import { keepSession } from '../../lib/messaging/session-keeper.ts';
import { toBytes } from '../../lib/protocol/bytes.ts';
import { hubLine } from './hub-line.ts';

const configSchema = z.object({ hubUrl: z.url(), rpcUrl: z.url() });

export interface ConnectWalletOptions {
  readonly walletKey: Uint8Array;
  /** Write here although another device wrote last. */
  readonly takeOver: boolean;
  readonly signal: AbortSignal;
  readonly onOnline: (isOnline: boolean) => void;
}

export interface ConnectedWallet {
  readonly client: IndraClient;
  readonly hubUrl: string;
  /** Confirmations until a deposit counts. */
  readonly confirmations: number;
  /** Seconds a payment may stay open. */
  readonly longestOffer: number;
  close(): Promise<void>;
}

async function fetchConfig(signal: AbortSignal): Promise<z.output<typeof configSchema>> {
  try {
    const response = await fetch('/config.json', { signal });
    return configSchema.parse(await response.json());
  } catch (cause) {
    throw IndraError.from('unreachable', { reason: String(cause) }, 'unchanged');
  }
}

/** Rejects with `IndraError`; nothing is left open then. */
export async function connectWallet({
  walletKey,
  takeOver,
  signal,
  onOnline,
}: ConnectWalletOptions): Promise<ConnectedWallet> {
  const { hubUrl, rpcUrl } = await fetchConfig(signal);
  const description = await fetchDescription(hubUrl, globalThis.fetch, signal);
  const chain = chainOf(description, undefined);
  const key = channelKey(walletKey);
  const keeper = await keepSession({
    hubUrl,
    address: key.address,
    chainId: chain.chainId,
    sign: (digest) => toBytes(key.sign(digest)),
    signal,
  });
  if (!keeper.ok) throw IndraError.of(keeper.error);
  const transport = httpTransport({ keeper: keeper.value, chainId: chain.chainId });
  const store = await openClientStore(`indra-${key.address}`);
  const release = async (): Promise<void> => {
    keeper.value.close();
    await store.close();
  };
  try {
    const client = await connect({
      hubUrl,
      key: walletKey,
      store,
      description,
      takeOver,
      signal,
      transport: hubLine(transport, onOnline),
      chain: { rpcUrl },
    });
    const close = (): Promise<void> => client.close().finally(release);
    return {
      client,
      hubUrl,
      confirmations: chain.confirmations,
      longestOffer: longestOffer(termsOf(description, chain)),
      close,
    };
  } catch (cause) {
    await release();
    throw cause;
  }
}
