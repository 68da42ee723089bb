// SPDX-License-Identifier: MIT
import { TypedDataEncoder, type TypedDataDomain, type TypedDataField } from 'ethers';

const fields = (list: string): TypedDataField[] =>
  list.split(',').map((field) => {
    const [type = '', name = ''] = field.trim().split(' ');
    return { type, name };
  });

const ASSET = fields(
  'address asset, uint256[2] balances, uint256[2] deposits, uint256[2] withdrawn, uint256 locked',
);
const STAKE = fields('address asset, uint256[2] amounts');

export const TYPES = {
  Ledger: {
    Ledger: fields('address channel, uint64 epoch, uint64 version, Asset[] assets, bytes32 appsRoot'),
    Asset: ASSET,
  },
  App: {
    App: fields(
      'address channel, uint64 epoch, uint64 installVersion, bytes32 nonce, address definition, address[2] participants, ' +
        'uint8 outcomeType, Stake[] stakes, uint32[2] periods, uint64 actionDeadline, uint64 holdUntil, bytes32 initialStateHash',
    ),
    Stake: STAKE,
  },
  AppState: { AppState: fields('bytes32 appId, uint64 version, bytes32 stateHash') },
  Withdrawal: {
    Withdrawal: fields(
      'address channel, uint64 epoch, uint8 party, address asset, uint256 amount, address recipient, bytes32 nonce, ' +
        'uint64 deadline, address handler, bytes data',
    ),
  },
  Challenge: {
    Challenge: fields(
      'address channel, uint64 epoch, uint64 challengeId, bytes32 subject, uint64 minVersion, uint64 deadline',
    ),
  },
  Cancel: {
    Cancel: fields('address channel, uint64 epoch, bytes32 subject, uint64 challengeId, uint64 deadline'),
  },
} as const satisfies Record<string, Record<string, TypedDataField[]>>;

export type Kind = keyof typeof TYPES;

export const typesOf = (kind: Kind): Record<string, TypedDataField[]> =>
  TYPES[kind] as Record<string, TypedDataField[]>;

/** By ethers, independently of the encoders that the contracts and `lib/protocol` use. */
export const digestOf = (domain: TypedDataDomain, kind: Kind, value: object): string =>
  TypedDataEncoder.hash(domain, typesOf(kind), value);

/** keccak256 over the struct hashes of an array, as EIP-712 hashes it inside a Ledger. */
export const assetHash = (asset: object): string =>
  TypedDataEncoder.hashStruct('Asset', { Asset: ASSET }, asset);

export const domainSeparatorOf = (chainId: bigint, verifyingContract: string): string =>
  TypedDataEncoder.hashDomain({ name: 'Indra', version: '2', chainId, verifyingContract });
