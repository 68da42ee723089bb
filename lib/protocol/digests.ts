// SPDX-License-Identifier: MIT
/**
 * EIP-712 digests of the structures the contracts know, encoded by hand because generic coders are a hundred times slower.
 * Golden vectors hold them against ethers and Solidity. What never goes to the registry is in `statement-digests.ts`.
 */
import { keccak256 } from '#keccak256';
import { concat, toBytes, toHash, utf8, Words } from './bytes.ts';
import type {
  App,
  AppState,
  Bytes,
  Cancel,
  Challenge,
  Domain,
  Hash,
  Ledger,
  Pair,
  Stake,
  Withdrawal,
} from './types.ts';

export const DOMAIN_NAME = 'Indra';
export const DOMAIN_VERSION = '2';

const ASSET =
  'Asset(address asset,uint256[2] balances,uint256[2] deposits,uint256[2] withdrawn,uint256 locked)';
export const STAKE = 'Stake(address asset,uint256[2] amounts)';

export const TYPES = {
  Asset: ASSET,
  Ledger: `Ledger(address channel,uint64 epoch,uint64 version,Asset[] assets,bytes32 appsRoot)${ASSET}`,
  Stake: STAKE,
  App: `App(address channel,uint64 epoch,uint64 installVersion,bytes32 nonce,address definition,address[2] participants,uint8 outcomeType,Stake[] stakes,uint32[2] periods,uint64 actionDeadline,uint64 holdUntil,bytes32 initialStateHash)${STAKE}`,
  AppState: 'AppState(bytes32 appId,uint64 version,bytes32 stateHash)',
  Withdrawal:
    'Withdrawal(address channel,uint64 epoch,uint8 party,address asset,uint256 amount,address recipient,bytes32 nonce,uint64 deadline,address handler,bytes data)',
  Cancel: 'Cancel(address channel,uint64 epoch,bytes32 subject,uint64 challengeId,uint64 deadline)',
  Challenge:
    'Challenge(address channel,uint64 epoch,uint64 challengeId,bytes32 subject,uint64 minVersion,uint64 deadline)',
} as const;

export const hashText = (text: string): Uint8Array => keccak256(utf8(text));

/** Type hashes by name. */
export const typeHashes = <T extends Readonly<Record<string, string>>>(types: T) =>
  Object.fromEntries(Object.entries(types).map(([name, type]) => [name, hashText(type)])) as {
    readonly [K in keyof T]: Uint8Array;
  };

const TYPE = typeHashes(TYPES);
const DOMAIN_TYPE = hashText(
  'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
);
const NAME_HASH = hashText(DOMAIN_NAME);
const VERSION_HASH = hashText(DOMAIN_VERSION);

export const hashWords = (words: Words): Uint8Array => keccak256(words.bytes);
const hashList = <T>(items: readonly T[], hash: (item: T) => Uint8Array): Uint8Array =>
  keccak256(concat(...items.map(hash)));

// One buffer per struct, filled anew for each value: a struct is encoded and hashed in one go and never holds its like.
const buffers = {
  pair: new Words(2),
  periods: new Words(2),
  participants: new Words(2),
  asset: new Words(6),
  stake: new Words(3),
  ledger: new Words(6),
  app: new Words(13),
  appState: new Words(4),
};

/** Most withdrawn pairs, and many others, are of nothing. */
const NOTHING_HASH = hashWords(new Words(2));

const hashPair = (pair: Pair<bigint>): Uint8Array =>
  pair[0] === 0n && pair[1] === 0n ? NOTHING_HASH : hashWords(buffers.pair.again().pair(pair));

export const domainSeparator = (domain: Domain): Uint8Array =>
  hashWords(
    new Words(5)
      .word(DOMAIN_TYPE)
      .word(NAME_HASH)
      .word(VERSION_HASH)
      .number(domain.chainId)
      .address(domain.registry),
  );

const MAX_SEPARATORS = 64;
const separators = new Map<string, Uint8Array>();

/** Kept by value: a channel read from a store or the wire brings a domain object of its own. */
function separatorOf(domain: Domain): Uint8Array {
  const key = `${domain.chainId} ${domain.registry}`;
  const known = separators.get(key);
  if (known !== undefined) return known;
  if (separators.size === MAX_SEPARATORS) separators.clear();
  const separator = domainSeparator(domain);
  separators.set(key, separator);
  return separator;
}

const message = Uint8Array.of(0x19, 0x01, ...new Uint8Array(64));

/** What is signed for a struct of that hash. */
export function digest(domain: Domain, structHash: Uint8Array): Uint8Array {
  message.set(separatorOf(domain), 2);
  message.set(structHash, 34);
  return keccak256(message);
}

const hashAsset = (asset: Ledger['assets'][number]): Uint8Array =>
  hashWords(
    buffers.asset
      .again()
      .word(TYPE.Asset)
      .address(asset.asset)
      .word(hashPair(asset.balances))
      .word(hashPair(asset.deposits))
      .word(hashPair(asset.withdrawn))
      .uint(asset.locked),
  );

/** Stands for a ledger's assets where only its appsRoot is to be proven. */
export const assetsHash = ({ assets }: Ledger): Hash => toHash(hashList(assets, hashAsset));

/** What both sides sign for a ledger; 32 bytes. */
export const ledgerDigest = (domain: Domain, ledger: Ledger): Uint8Array =>
  digest(
    domain,
    hashWords(
      buffers.ledger
        .again()
        .word(TYPE.Ledger)
        .address(ledger.channel)
        .uint(ledger.epoch)
        .uint(ledger.version)
        .word(hashList(ledger.assets, hashAsset))
        .hash(ledger.appsRoot),
    ),
  );

const hashStake = (stake: Stake): Uint8Array =>
  hashWords(buffers.stake.again().word(TYPE.Stake).address(stake.asset).word(hashPair(stake.amounts)));

export const hashStakes = (stakes: readonly Stake[]): Uint8Array => hashList(stakes, hashStake);

export const hashPeriods = (periods: Pair<number>): Uint8Array =>
  hashWords(buffers.periods.again().number(periods[0]).number(periods[1]));

export const appDigest = (domain: Domain, app: App): Uint8Array =>
  digest(
    domain,
    hashWords(
      buffers.app
        .again()
        .word(TYPE.App)
        .address(app.channel)
        .uint(app.epoch)
        .uint(app.installVersion)
        .hash(app.nonce)
        .address(app.definition)
        .word(
          hashWords(buffers.participants.again().address(app.participants[0]).address(app.participants[1])),
        )
        .number(app.outcomeType)
        .word(hashStakes(app.stakes))
        .word(hashPeriods(app.periods))
        .number(app.actionDeadline)
        .number(app.holdUntil)
        .hash(app.initialStateHash),
    ),
  );

/** The id of an app: the digest of the App itself, so it names one app on one chain for ever. */
export const appId = (domain: Domain, app: App): Hash => toHash(appDigest(domain, app));

export const appStateDigest = (domain: Domain, state: AppState): Uint8Array =>
  digest(
    domain,
    hashWords(
      buffers.appState
        .again()
        .word(TYPE.AppState)
        .hash(state.appId)
        .uint(state.version)
        .hash(state.stateHash),
    ),
  );

export const withdrawalDigest = (domain: Domain, withdrawal: Withdrawal): Uint8Array =>
  digest(
    domain,
    hashWords(
      new Words(11)
        .word(TYPE.Withdrawal)
        .address(withdrawal.channel)
        .uint(withdrawal.epoch)
        .number(withdrawal.party)
        .address(withdrawal.asset)
        .uint(withdrawal.amount)
        .address(withdrawal.recipient)
        .hash(withdrawal.nonce)
        .number(withdrawal.deadline)
        .address(withdrawal.handler)
        .word(keccak256(toBytes(withdrawal.data))),
    ),
  );

export const cancelDigest = (domain: Domain, cancel: Cancel): Uint8Array =>
  digest(
    domain,
    hashWords(
      new Words(6)
        .word(TYPE.Cancel)
        .address(cancel.channel)
        .uint(cancel.epoch)
        .hash(cancel.subject)
        .uint(cancel.challengeId)
        .number(cancel.deadline),
    ),
  );

export const challengeDigest = (domain: Domain, challenge: Challenge): Uint8Array =>
  digest(
    domain,
    hashWords(
      new Words(7)
        .word(TYPE.Challenge)
        .address(challenge.channel)
        .uint(challenge.epoch)
        .uint(challenge.challengeId)
        .hash(challenge.subject)
        .uint(challenge.minVersion)
        .number(challenge.deadline),
    ),
  );

export const stateHash = (state: Bytes): Hash => toHash(keccak256(toBytes(state)));
