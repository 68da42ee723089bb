// SPDX-License-Identifier: MIT
import { network } from 'hardhat';
import {
  AbiCoder,
  concat,
  dataLength,
  keccak256,
  MaxUint256,
  sha256,
  solidityPacked,
  toBeHex,
  ZeroAddress,
  ZeroHash,
} from 'ethers';

import type { Channel, Factory, Registry, Token } from './contracts.ts';
import { digestOf, typesOf, type Kind } from './typed-data.ts';

export const connection = await network.create();
export const { ethers, networkHelpers } = connection;

export const ETHER = ZeroAddress;
export const PERIOD = 3600;
export const TURNS: [number, number] = [1800, 2700];

export type Pair<T> = [T, T];

export interface Asset {
  asset: string;
  balances: Pair<bigint>;
  deposits: Pair<bigint>;
  withdrawn: Pair<bigint>;
  locked: bigint;
}

export interface Ledger {
  channel: string;
  epoch: bigint;
  version: bigint;
  assets: Asset[];
  appsRoot: string;
}

export interface App {
  channel: string;
  epoch: bigint;
  installVersion: bigint;
  nonce: string;
  definition: string;
  participants: Pair<string>;
  outcomeType: number;
  stakes: { asset: string; amounts: Pair<bigint> }[];
  periods: Pair<number>;
  actionDeadline: bigint;
  holdUntil: bigint;
  initialStateHash: string;
}

export const coder = AbiCoder.defaultAbiCoder();

export type Signer = Awaited<ReturnType<typeof ethers.getSigners>>[number];

export const deployed = async <T>(name: string, args: unknown[] = []): Promise<T> =>
  (await ethers.deployContract(name, args)) as unknown as T;

/** The contracts, a token, and a channel that is not deployed. One user leads, the hub answers. */
export async function deployWorld() {
  const [deployer, user, hub, stranger] = (await ethers.getSigners()) as [Signer, Signer, Signer, Signer];
  // A party's by default: starting a challenge takes one.
  const registry = (await deployed<Registry>('ChallengeRegistry')).connect(user);
  const factory = (await ethers.getContractAt(
    'ChannelFactory',
    await registry.factory(),
  )) as unknown as Factory;
  const token = await deployed<Token>('TestToken');
  const transferApp = await ethers.deployContract('TransferApp');
  const { chainId } = await ethers.provider.getNetwork();
  const domain = { name: 'Indra', version: '2', chainId, verifyingContract: await registry.getAddress() };
  const id = { initiator: user.address, responder: hub.address, challengePeriod: PERIOD };
  const address = await factory.channelAddress(user.address, hub.address, PERIOD);
  const channel = (await ethers.getContractAt('Channel', address)) as unknown as Channel;
  for (const holder of [user, hub, stranger]) await token.mint(holder.address, 1_000_000n);

  const sign = async (kind: Kind, value: object, signers: Signer[] = [user, hub]) =>
    (await Promise.all(
      signers.map((one) => one.signTypedData(domain, typesOf(kind), value)),
    )) as Pair<string>;

  return {
    deployer,
    user,
    hub,
    stranger,
    registry,
    factory,
    token,
    tokenAddress: await token.getAddress(),
    transferApp,
    domain,
    id,
    address,
    channel,
    sign,
    digest: (kind: Kind, value: object) => digestOf(domain, kind, value),
    deploy: () => factory.deploy(user.address, hub.address, PERIOD),
    ledger: (version: bigint, assets: Asset[] = [], rest: Partial<Ledger> = {}): Ledger => ({
      channel: address,
      epoch: 0n,
      version,
      assets,
      appsRoot: ZeroHash,
      ...rest,
    }),
    withdrawal: (rest: object = {}) => ({
      channel: address,
      epoch: 0n,
      party: 0,
      asset: ETHER,
      amount: 10n,
      recipient: user.address,
      nonce: keccak256('0x01'),
      deadline: FAR,
      handler: ZeroAddress,
      data: '0x',
      ...rest,
    }),
    transfer: (amount: bigint, rest: Partial<App> = {}) => transferOf(amount, rest),
  };

  function transferOf(amount: bigint, rest: Partial<App>) {
    const preimage = keccak256('0x5ec3e7');
    const lockHash = sha256(preimage);
    const state = transferState(amount, lockHash);
    const app: App = {
      channel: address,
      epoch: 0n,
      installVersion: 1n,
      nonce: keccak256('0x02'),
      definition: transferApp.target as string,
      participants: [hub.address, user.address],
      outcomeType: 1,
      stakes: [{ asset: ETHER, amounts: [amount, 0n] }],
      periods: TURNS,
      actionDeadline: 0n,
      holdUntil: 0n,
      initialStateHash: keccak256(state),
      ...rest,
    };
    return { app, state, preimage, lockHash, unlocked: transferState(amount, lockHash, preimage) };
  }
}

export type World = Awaited<ReturnType<typeof deployWorld>>;

export const FAR = 2n ** 63n;

export const transferState = (amount: bigint, lockHash: string, preimage: string = ZeroHash) =>
  coder.encode(['tuple(uint256,bytes32,bytes32)'], [[amount, lockHash, preimage]]);

/** An asset of a ledger; what is not said is zero, deposits are the initiator's unless said. */
export function asset(address: string, rest: Partial<Omit<Asset, 'asset'>>): Asset {
  const full: Asset = {
    asset: address,
    balances: [0n, 0n],
    deposits: [0n, 0n],
    withdrawn: [0n, 0n],
    locked: 0n,
    ...rest,
  };
  const sum = full.balances[0] + full.balances[1] + full.withdrawn[0] + full.withdrawn[1] + full.locked;
  if (!rest.deposits) full.deposits = [sum, 0n];
  return full;
}

/** Commitment to a path: each state's hash upon what came before. */
export const extend = (before: string, stateHash: string): string => keccak256(concat([before, stateHash]));
export const pathOf = (...states: string[]): string =>
  states.reduce((path, state) => extend(path, keccak256(state)), ZeroHash);
export const NO_PROOF = { before: ZeroHash, hashes: [] as string[] };

export const leafOf = (appId: string): string => keccak256(appId);

/** Root and proofs of a few app ids, built layer by layer as docs/formats.md says. */
export function tree(appIds: string[]): { root: string; proof: (appId: string) => string[] } {
  const layers: string[][] = [appIds.map(leafOf).sort()];
  for (let layer = layers[0]!; layer.length > 1; layer = layers.at(-1)!) {
    const next: string[] = [];
    for (let i = 0; i < layer.length; i += 2)
      next.push(i + 1 < layer.length ? node(layer[i]!, layer[i + 1]!) : layer[i]!);
    layers.push(next);
  }
  return {
    root: layers.at(-1)![0] ?? ZeroHash,
    proof: (appId) => {
      const path: string[] = [];
      let index = layers[0]!.indexOf(leafOf(appId));
      for (const layer of layers.slice(0, -1)) {
        const sibling = layer[index ^ 1];
        if (sibling) path.push(sibling);
        index >>= 1;
      }
      return path;
    },
  };
}

const node = (a: string, b: string) =>
  keccak256(solidityPacked(['bytes32', 'bytes32'], a < b ? [a, b] : [b, a]));

/** Code that answers every call with the same bytes. */
export function returning(answer: string): string {
  const length = toBeHex(dataLength(answer), 2).slice(2);
  return concat([`0x61${length}80600c6000396000f3`, answer]);
}

/** The same by code that does without nothing: with less gas than it asks for it reverts at once. */
export function returningWith(gas: number, answer: string): string {
  const length = toBeHex(dataLength(answer), 2).slice(2);
  return concat([
    `0x62${toBeHex(gas, 3).slice(2)}5a10601557`,
    `0x61${length}8060196000396000f35b5f5ffd`,
    answer,
  ]);
}

/** Code that, whatever it is asked, calls back, and answers with `answer` if that was refused, with zero if not. */
export function callingBack(target: string, data: string, answer: string = toBeHex(1, 32)): string {
  const length = toBeHex(dataLength(data), 2).slice(2);
  const [to, word] = [target.slice(2), answer.slice(2)];
  return concat([
    `0x61${length}605560003960006000${`61${length}`}6000600073${to}5af1157f${word}0260005260206000f3`,
    data,
  ]);
}

export const NO_SIGNATURES: Pair<string> = ['0x', '0x'];

/** The least gas with which a call goes through, found by halves. */
export async function leastGas(call: (gasLimit: bigint) => Promise<unknown>): Promise<bigint> {
  let [refused, enough] = [0n, 16_000_000n];
  await call(enough);
  while (enough - refused > 200n) {
    const gasLimit = (refused + enough) / 2n;
    const isEnough = await call(gasLimit).then(
      () => true,
      () => false,
    );
    if (isEnough) enough = gasLimit;
    else refused = gasLimit;
  }
  return enough;
}

export async function pastPeriod(seconds = PERIOD) {
  await networkHelpers.time.increase(seconds);
}

export const now = async () => BigInt(await networkHelpers.time.latest());

export const balanceOf = (address: string) => ethers.provider.getBalance(address);

export const MAX = MaxUint256;
