// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {App, Cancel, Challenge, ChannelId, Ledger, Move, Opening, PathProof} from "../Structs.sol";
import {IChannel} from "./IChannel.sol";

/// @title Disputes of every channel on a chain
/// @notice The registry knows, per channel, the epoch, the highest ledger version ever shown (the *floor*) with its digest,
/// and the running challenge; per app, the path of states a dispute has taken. Signatures are EIP-712 under the registry's domain.
/// A challenge is final from `finalizesAt` on; before, it can be answered. Starting one takes a party or its signed
/// {Challenge}; answering is open to all. A call that finds its work done, or done further, goes on instead of
/// reverting: whoever sent it plans anew from the chain and takes nothing for done.
///
/// An app's *base* is the last state both signed (or the installed one, version 0), its *tip* the last move above it. The
/// path commitment is `keccak256(before, stateHash)` per state; before a base set anew it is zero.
interface IChallengeRegistry {
    error WrongChannel(address channel);
    error WrongEpoch(uint64 given, uint64 current);
    error WrongSigner(address expected, address recovered);
    /// @notice Only a party may start, or whoever has its signed {Challenge}.
    error NotAParty(address caller);
    /// @notice An app's participants are exactly the channel's two parties, in either order.
    error NotTheParties(address first, address second);
    error StaleVersion(uint64 given, uint64 floor);
    error NoChallenge(bytes32 subject);
    error ChallengeFinal(uint64 finalizesAt);
    error ChallengeNotFinal(uint64 finalizesAt);
    error LedgerMismatch(bytes32 expected, bytes32 given);
    error TooManyAssets(uint256 count);
    error AssetsNotSorted(address asset);
    error NotConserved(address asset);
    error LockedWithoutApps(address asset);
    error AmountTooLarge(uint256 amount);
    /// @notice Version 0 of an epoch has no assets and no apps.
    error NotEmpty();
    error AppNotInLedger(bytes32 appId, bytes32 appsRoot);
    /// @notice The hash of an initial state, or the commitment to a path, is not the expected one.
    error AppStateMismatch(bytes32 expected, bytes32 given);
    error NoMoves();
    error NotATurnTaker(address taker);
    /// @notice The time of whoever was to move is over.
    error TurnOver(uint64 turnEndsAt);
    /// @notice After 1024 moves the next waits until its base can no longer be answered.
    error PathFull(uint64 baseEndsAt);
    error ActionDeadlinePassed(uint64 deadline);
    error StateTerminal(bytes32 appId);
    error OutcomeNotReady(bytes32 appId);
    error WrongSubject(bytes32 given, bytes32 expected);
    error WrongChallenge(uint64 given, uint64 current);
    error DeadlinePassed(uint64 deadline);

    event LedgerChallenged(
        address indexed channel,
        uint64 indexed epoch,
        uint64 version,
        uint64 challengeId,
        uint64 finalizesAt,
        bytes32 digest
    );
    event LedgerAnswered(
        address indexed channel,
        uint64 indexed epoch,
        uint64 version,
        uint64 challengeId,
        bytes32 digest
    );
    event LedgerCancelled(address indexed channel, uint64 indexed epoch, uint64 version, uint64 challengeId);
    /// @notice The epoch is over; everything signed in it is void. The next one is `epoch + 1`.
    event LedgerSettled(address indexed channel, uint64 indexed epoch, uint64 version, bytes32 digest);
    /// @notice A state that both parties agreed to (or the installed one, version 0) is the new base and tip. It is told
    /// whole: whoever signed a move need not hold what the other side, by signing it too, makes a base of.
    event AppChallenged(
        address indexed channel,
        bytes32 indexed appId,
        uint64 version,
        uint64 challengeId,
        uint64 turnEndsAt,
        uint64 finalizesAt,
        bytes32 path,
        bytes state
    );
    /// @notice A turn taker moved. Carries all that the other side needs to go on.
    event AppProgressed(
        address indexed channel,
        bytes32 indexed appId,
        uint64 version,
        uint64 challengeId,
        uint64 turnEndsAt,
        uint64 finalizesAt,
        bytes32 path,
        bytes action,
        bytes signature,
        bytes state
    );
    /// @notice The base was raised to a state already on the path; tip, path and turn stay.
    event AppRebased(address indexed channel, bytes32 indexed appId, uint64 version);
    event AppCancelled(address indexed channel, bytes32 indexed appId, uint64 version, uint64 challengeId);
    event OutcomeSet(address indexed channel, bytes32 indexed appId, bytes outcome);
    /// @notice The stake was paid. `fallbackApplied`: no valid outcome in the grace time, so each got its own stake back.
    event AppSettled(address indexed channel, bytes32 indexed appId, bool fallbackApplied);

    /// @param version the floor: challenges start here or above
    /// @param finalizesAt 0 = no challenge
    /// @param challengeId of the latest challenge, counted per channel
    /// @param digest of the ledger at `version`; zero before any was shown in this epoch
    struct ChannelStatus {
        uint64 epoch;
        uint64 version;
        uint64 finalizesAt;
        uint64 challengeId;
        bytes32 digest;
    }

    enum AppStage {
        Undecided,
        OutcomeSet,
        Settled
    }

    /// @param version of the tip
    /// @param steps how many moves it is above the base
    /// @param baseEndsAt until when nothing becomes final, so that a newer agreed state can still be shown
    /// @param turnEndsAt until when whoever is to move may; after a terminal move, the other side's time to answer
    /// @param finalizesAt the later of the two; 0 = no challenge
    /// @param path commitment to the path up to the tip; hash of the outcome once that is set; zero once settled
    struct AppStatus {
        uint64 version;
        uint32 steps;
        uint64 baseEndsAt;
        uint64 turnEndsAt;
        uint64 finalizesAt;
        uint64 challengeId;
        AppStage stage;
        bytes32 path;
    }

    function factory() external view returns (address);
    function channelImplementation() external view returns (address);
    function domainSeparator() external view returns (bytes32);

    /// @notice How long after an app's finality its stake waits for a valid outcome, before each gets its own part back.
    function FALLBACK_GRACE() external view returns (uint64);

    function epochOf(address channel) external view returns (uint64);
    function channelStatus(address channel) external view returns (ChannelStatus memory);
    function appStatus(bytes32 appId) external view returns (AppStatus memory);

    /// @notice The root of the apps of a settled epoch's final ledger.
    function finalAppsRoot(address channel, uint64 epoch) external view returns (bytes32);

    /// @notice What each party put in since the asset was last settled; works before the channel is deployed.
    function received(address channel, address asset) external view returns (uint256[2] memory);

    /// @notice The books of an asset; works before the channel is deployed.
    function account(address channel, address asset) external view returns (IChannel.Account memory);

    /// @notice Whether a withdrawal was executed; works before the channel is deployed.
    function withdrawalExecuted(address channel, bytes32 digest) external view returns (bool);

    /// @notice Starts a challenge, or replaces a running one by a newer ledger; the full period starts. Parties only.
    /// Goes on where a challenge with this or a newer ledger runs.
    /// @param signatures of the initiator and of the responder; not looked at for version 0 or the floor itself
    function challengeLedger(ChannelId calldata id, Ledger calldata ledger, bytes[2] calldata signatures) external;

    /// @notice The same by anyone, with a party's Challenge for exactly the challenge that starts: subject zero.
    function challengeLedgerFor(
        ChannelId calldata id,
        Ledger calldata ledger,
        bytes[2] calldata signatures,
        Challenge calldata challenge,
        bytes calldata signature
    ) external;

    /// @notice Answers a running challenge by a newer double-signed ledger. Clears it and raises the floor.
    /// Goes on where no challenge runs, or the floor is as high already.
    function answerLedger(ChannelId calldata id, Ledger calldata ledger, bytes[2] calldata signatures) external;

    /// @notice Ends a challenge by agreement, also a final one not yet settled. The subject of a ledger's cancel is zero.
    /// Goes on where none runs.
    function cancelLedger(ChannelId calldata id, Cancel calldata cancel, bytes[2] calldata signatures) external;

    /// @notice Pays out a final ledger and starts the next epoch. Deploys the channel if needed.
    /// Goes on where the epoch was settled.
    /// @param others assets that are not in the ledger, to be paid to whoever put them in
    function settle(ChannelId calldata id, Ledger calldata ledger, address[] calldata others) external;

    /// @notice Disputes an app from its leaf: puts the ledger on chain, unless it is below the floor or a challenge with this or
    /// a newer one runs, and opens the app. Parties only; once the epoch is settled, anyone. Where the app is open already,
    /// by anyone, its moves are played as far as the chain has not got them.
    function openApp(Opening calldata opening) external;

    /// @notice The same by anyone, with a party's Challenge whose subject is the app and whose number is zero. It opens an app
    /// that was never open, with a move at least.
    function openAppFor(Opening calldata opening, Challenge calldata challenge, bytes calldata signature) external;

    /// @notice Disputes an app from a double-signed state (parties only), or answers with one (anyone, until final). Above the tip,
    /// or other than what the path has at its version, it displaces the tip and all that led there. Equal to it, it
    /// becomes the base and everything else stays. Goes on where it is at or below the base, and where the proof does not
    /// lead to the tip because the chain has moved. A terminal state that both signed is final at once.
    /// @param signatures on the AppState, by participant position
    /// @param moves from this state on; played as far as the chain has not got them, if this state is on its path
    function setAppState(
        ChannelId calldata id,
        App calldata app,
        uint64 version,
        bytes calldata state,
        bytes[2] calldata signatures,
        PathProof calldata proof,
        Move[] calldata moves
    ) external;

    /// @notice Applies moves, each signed by its turn taker, in its time. Anyone may submit them. What of them the chain has
    /// got is skipped; goes on where the chain went further or another way.
    /// @param version of the tip, and `state` it is
    /// @param previous the path commitment before it
    function progressApp(
        ChannelId calldata id,
        App calldata app,
        uint64 version,
        bytes32 previous,
        bytes calldata state,
        Move[] calldata moves
    ) external;

    /// @notice Ends a dispute of an app by agreement, also a final one not yet paid. What both had signed stays the floor: a
    /// restart takes a party and a state at least as new. Goes on where none runs.
    /// @param signatures by participant position
    function cancelApp(
        ChannelId calldata id,
        App calldata app,
        Cancel calldata cancel,
        bytes[2] calldata signatures
    ) external;

    /// @notice Fixes the outcome of a final state. Optional: {settleApp} does so too. Goes on where it is fixed.
    /// @param previous the path commitment before the state
    function setOutcome(ChannelId calldata id, App calldata app, bytes32 previous, bytes calldata state) external;

    /// @notice Pays the stake of an app of a settled ledger, once. Goes on where that was done.
    /// @param previous the path commitment before the state; not looked at once the outcome is set
    /// @param data the final state, or the outcome once that was set
    function settleApp(
        ChannelId calldata id,
        App calldata app,
        bytes32 previous,
        bytes calldata data,
        bytes32[] calldata proof
    ) external;
}
