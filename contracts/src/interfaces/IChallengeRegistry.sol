// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {App, Cancel, ChannelId, Ledger, LedgerHeader, Move} from "../Structs.sol";
import {IChannel} from "./IChannel.sol";

/// @title Disputes of every channel on a chain
/// @notice The registry knows, per channel, the epoch, the highest ledger version ever shown (the *floor*) with its digest,
/// and the running challenge; per app, the state a dispute has reached. Signatures are EIP-712 under the registry's domain.
/// A challenge is final from `finalizesAt` on; before, it can be answered.
interface IChallengeRegistry {
    error WrongChannel(address channel);
    error WrongEpoch(uint64 given, uint64 current);
    error WrongSigner(address expected, address recovered);
    /// @notice Only a party may challenge at a version that strangers can show too (0, or the floor itself).
    error NotAParty(address caller);
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
    error AppAlreadyOpen(bytes32 appId);
    error AppNotInLedger(bytes32 appId, bytes32 appsRoot);
    error AppStateMismatch(bytes32 expected, bytes32 given);
    error AppFinished(bytes32 appId);
    error NoMoves();
    error NotATurnTaker(address taker);
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
    /// @notice A state that both parties agreed to (or the installed one, version 0) is on chain.
    event AppChallenged(
        address indexed channel,
        bytes32 indexed appId,
        uint64 version,
        uint64 challengeId,
        uint64 finalizesAt,
        bytes32 stateHash
    );
    /// @notice A turn taker moved. Carries all that the other side needs to go on, and when the challenge now ends.
    event AppProgressed(
        address indexed channel,
        bytes32 indexed appId,
        uint64 version,
        uint64 finalizesAt,
        bytes action,
        bytes signature,
        bytes state
    );
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

    /// @param version of the state reached
    /// @param steps how many moves it is above the last state both agreed to
    /// @param baseEndsAt until when a move cannot become final, so that a newer agreed state can still be shown
    /// @param finalizesAt 0 = no challenge
    /// @param stateHash of the state; of the outcome once that is set; zero once settled
    struct AppStatus {
        uint64 version;
        uint32 steps;
        uint64 baseEndsAt;
        uint64 finalizesAt;
        uint64 challengeId;
        AppStage stage;
        bytes32 stateHash;
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

    /// @notice Starts a challenge, or replaces a running one by a newer ledger; the full period starts.
    /// Above the floor anyone may, with both signatures. At the floor (or version 0) a party may, without any.
    /// @param signatures of the initiator and of the responder
    function challengeLedger(ChannelId calldata id, Ledger calldata ledger, bytes[2] calldata signatures) external;

    /// @notice Answers a running challenge by a newer double-signed ledger. Clears it and raises the floor.
    function answerLedger(ChannelId calldata id, Ledger calldata ledger, bytes[2] calldata signatures) external;

    /// @notice Ends a challenge by agreement, also a final one not yet settled. The subject of a ledger's cancel is zero.
    function cancelLedger(ChannelId calldata id, Cancel calldata cancel, bytes[2] calldata signatures) external;

    /// @notice Pays out a final ledger and starts the next epoch. Deploys the channel if needed.
    /// @param others assets that are not in the ledger, to be paid to whoever put them in
    function settle(ChannelId calldata id, Ledger calldata ledger, address[] calldata others) external;

    /// @notice Disputes an app from its leaf in a ledger that is challenged or was settled.
    /// @param header of the challenged ledger; not looked at once the epoch is settled
    /// @param state the initial state; only needed with moves
    /// @param moves to apply at once, in order
    function openApp(
        App calldata app,
        LedgerHeader calldata header,
        bytes32[] calldata proof,
        bytes calldata state,
        Move[] calldata moves
    ) external;

    /// @notice Disputes an app from a double-signed state, or answers with one: any above the last agreed state on chain
    /// replaces whatever moves were made since. A terminal state that both signed is final at once.
    /// @param signatures on the AppState, by participant position
    function setAppState(
        App calldata app,
        uint64 version,
        bytes calldata state,
        bytes[2] calldata signatures,
        Move[] calldata moves
    ) external;

    /// @notice Applies moves, each signed by its turn taker. Anyone may submit them.
    /// @param state the state now on chain
    function progressApp(App calldata app, bytes calldata state, Move[] calldata moves) external;

    /// @notice Ends a dispute of an app by agreement; the last agreed version stays the floor.
    /// @param signatures by participant position
    function cancelApp(App calldata app, Cancel calldata cancel, bytes[2] calldata signatures) external;

    /// @notice Fixes the outcome of a final state. Optional: {settleApp} does so too.
    function setOutcome(App calldata app, bytes calldata state) external;

    /// @notice Pays the stake of an app of a settled ledger, once.
    /// @param data the final state, or the outcome once that was set
    function settleApp(App calldata app, bytes calldata data, bytes32[] calldata proof) external;
}
