// SPDX-License-Identifier: MIT
/** The card's whole configuration, read here and nowhere else. */

type Environment = Readonly<Record<string, string | undefined>>;

export interface CardConfig {
  /** Origin of the hub's HTTP API, as browsers reach it. */
  readonly hubUrl: string;
  /** The chain node the card asks: its operator's word about the chain, never the hub's. */
  readonly rpcUrl: string;
}

// eslint-disable-next-line no-restricted-properties -- the one place of the card that reads the environment
const environment: Environment = process.env;

export const isDevelopment = environment['NODE_ENV'] === 'development';

/** Throws with one clear line where it is missing or wrong. */
export function cardConfig(env: Environment = environment): CardConfig {
  const { INDRA_HUB_URL: hubUrl, INDRA_RPC_URL: rpcUrl } = env;
  if (hubUrl === undefined || !isHttpUrl(hubUrl))
    throw new Error('Set INDRA_HUB_URL to the http(s) address of the hub, such as http://127.0.0.1:3000');
  if (rpcUrl === undefined || !isHttpUrl(rpcUrl))
    throw new Error(
      'Set INDRA_RPC_URL to the http(s) address of a chain node, such as http://127.0.0.1:8545',
    );
  return { hubUrl: hubUrl.replace(/\/+$/, ''), rpcUrl };
}

const isHttpUrl = (text: string): boolean => /^https?:\/\/[^\s/]+/.test(text) && URL.canParse(text);
