// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// The signed structures, field for field as in docs/formats.md, and the few that only travel in calldata.
// A `[2]` in an `Asset` is by party (0 initiator, 1 responder); in an `App` or a `Stake` it is by participant position.

struct Asset {
    address asset;
    uint256[2] balances;
    uint256[2] deposits;
    uint256[2] withdrawn;
    uint256 locked;
}

struct Ledger {
    address channel;
    uint64 epoch;
    uint64 version;
    Asset[] assets;
    bytes32 appsRoot;
}

struct Stake {
    address asset;
    uint256[2] amounts;
}

struct App {
    address channel;
    uint64 epoch;
    uint64 installVersion;
    bytes32 nonce;
    address definition;
    address[2] participants;
    uint8 outcomeType;
    Stake[] stakes;
    uint32[2] periods;
    uint64 actionDeadline;
    uint64 holdUntil;
    bytes32 initialStateHash;
}

struct AppState {
    bytes32 appId;
    uint64 version;
    bytes32 stateHash;
}

struct Withdrawal {
    address channel;
    uint64 epoch;
    uint8 party;
    address asset;
    uint256 amount;
    address recipient;
    bytes32 nonce;
    uint64 deadline;
    address handler;
    bytes data;
}

struct Cancel {
    address channel;
    uint64 epoch;
    bytes32 subject;
    uint64 challengeId;
    uint64 deadline;
}

/// One party's leave to start: a ledger challenge of that number (subject zero), or, by opening an app and moving in it,
/// that of its ledger (subject = appId).
struct Challenge {
    address channel;
    uint64 epoch;
    uint64 challengeId;
    bytes32 subject;
    uint64 minVersion;
    uint64 deadline;
}

/// What a channel address is made of. Both parties are externally owned: they sign with ECDSA.
struct ChannelId {
    address initiator;
    address responder;
    uint32 challengePeriod;
}

/// One action of a turn taker, and its signature on the AppState that results.
struct Move {
    bytes action;
    bytes signature;
}

/// Shows where a state at or below the tip belongs: the commitment to the path before its version, and the hashes of the
/// states from its version to the tip. Empty where the state is above the tip.
struct PathProof {
    bytes32 before;
    bytes32[] hashes;
}

/// An app opened from its leaf in a ledger.
/// `ledger` and `signatures` are not looked at once the epoch is settled, nor `signatures` where it is the one on chain.
struct Opening {
    ChannelId id;
    Ledger ledger;
    bytes[2] signatures;
    App app;
    bytes32[] proof;
    bytes state;
    Move[] moves;
}

/// A recipient and an amount inside the coin transfer outcomes.
struct CoinTransfer {
    address to;
    uint256 amount;
}

// No amount may exceed this: sums of a dozen fit an int256, and an account fits two storage slots.
uint256 constant MAX_AMOUNT = type(uint112).max;
