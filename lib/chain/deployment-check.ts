// SPDX-License-Identifier: MIT
/** The deployed bytes are the protocol: whoever puts money in them looks first. */
import { toHex } from '../protocol/bytes.ts';
import { channelAddress } from '../protocol/channel-address.ts';
import { domainSeparator } from '../protocol/digests.ts';
import type { Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { ask, count, data, view } from './chain-answers.ts';
import { AS_COMPILED, describeCode } from './contract-code.ts';
import {
  APP_CODE,
  channelCode,
  channelInterface,
  factoryCode,
  factoryInterface,
  registryCode,
  registryInterface,
  type AppName,
  type ContractAddresses,
} from './contracts.ts';
import type { JsonRpc } from './json-rpc.ts';

export interface Mismatch {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

const APP_NAMES = Object.keys(APP_CODE) as AppName[];

/**
 * What on chain differs from what is configured and compiled: the chain's id, the code of the three contracts and of
 * the apps that are configured, how they name each other, the signing domain, and a channel's address. Empty if all is well. Fails with `chain_unavailable`.
 */
export async function checkDeployment(
  rpc: JsonRpc,
  contracts: ContractAddresses,
): Promise<Outcomes<readonly Mismatch[]>> {
  const { chainId, registry, factory, channelImplementation } = contracts;
  const chain = await ask(rpc, count, 'eth_chainId', []);
  if (!chain.ok) return chain;
  if (chain.value !== chainId) {
    return ok([{ what: 'chain id', expected: String(chainId), found: String(chain.value) }]);
  }
  const foreign: Mismatch[] = [];
  for (const [what, address, code] of [
    ['registry', registry, registryCode],
    ['factory', factory, factoryCode],
    ['channel implementation', channelImplementation, channelCode],
    ...APP_NAMES.map((name) => [name, contracts[name], APP_CODE[name]] as const),
  ] as const) {
    if (address === undefined) continue;
    const found = await ask(rpc, data, 'eth_getCode', [address, 'latest']);
    if (!found.ok) return found;
    const described = describeCode(found.value, code);
    if (described !== AS_COMPILED)
      foreign.push({ what: `code of the ${what} ${address}`, expected: AS_COMPILED, found: described });
  }
  return foreign.length > 0 ? ok(foreign) : checkNames(rpc, contracts);
}

/** Our own code is there, so that every question has an answer of the expected form. */
async function checkNames(
  rpc: JsonRpc,
  contracts: ContractAddresses,
): Promise<Outcomes<readonly Mismatch[]>> {
  const { chainId, registry, factory, channelImplementation } = contracts;
  const sample = { initiator: registry, responder: factory, challengePeriod: 86_400 };
  const sampleAddress = channelAddress({ factory, implementation: channelImplementation }, sample);
  const domain = toHex(domainSeparator({ chainId, registry }));
  const questions = [
    {
      what: 'factory of the registry',
      to: registry,
      contract: registryInterface,
      method: 'factory',
      expected: factory,
    },
    {
      what: 'implementation of the registry',
      to: registry,
      contract: registryInterface,
      method: 'channelImplementation',
      expected: channelImplementation,
    },
    {
      what: 'implementation of the factory',
      to: factory,
      contract: factoryInterface,
      method: 'implementation',
      expected: channelImplementation,
    },
    {
      what: 'registry of the implementation',
      to: channelImplementation,
      contract: channelInterface,
      method: 'registry',
      expected: registry,
    },
    {
      what: 'signing domain',
      to: registry,
      contract: registryInterface,
      method: 'domainSeparator',
      expected: domain,
    },
    {
      what: 'signing domain of the implementation',
      to: channelImplementation,
      contract: channelInterface,
      method: 'domainSeparator',
      expected: domain,
    },
    {
      what: 'channel address',
      to: factory,
      contract: factoryInterface,
      method: 'channelAddress',
      expected: sampleAddress,
      values: Object.values(sample),
    },
  ];
  const mismatches: Mismatch[] = [];
  for (const { what, expected, values = [], ...question } of questions) {
    const found = await view(rpc, { ...question, values, block: 'latest' }, ([value]) =>
      String(value).toLowerCase(),
    );
    if (!found.ok) return found;
    if (found.value !== expected) mismatches.push({ what, expected, found: found.value });
  }
  return ok(mismatches);
}
