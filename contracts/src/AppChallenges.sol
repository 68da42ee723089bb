// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {CounterfactualApp} from "./interfaces/CounterfactualApp.sol";
import {IChallengeRegistry} from "./interfaces/IChallengeRegistry.sol";
import {IChannel} from "./interfaces/IChannel.sol";
import {LedgerChallenges} from "./LedgerChallenges.sol";
import {AppCall} from "./libraries/AppCall.sol";
import {Digests} from "./libraries/Digests.sol";
import {Interpreter} from "./libraries/Interpreter.sol";
import {App, AppState, Cancel, CoinTransfer, LedgerHeader, Move, Stake} from "./Structs.sol";

/// @notice Which state of an app is final, and what it pays; see {IChallengeRegistry}.
abstract contract AppChallenges is LedgerChallenges {
    /// @dev One slot. Times fit 40 bits for longer than anyone waits; `holdUntil` is capped to them.
    struct AppSlot {
        uint64 version;
        uint32 steps;
        uint40 baseEndsAt;
        uint40 finalizesAt;
        uint64 challengeId;
        AppStage stage;
    }

    /// Where a series of moves stands.
    struct Progress {
        bytes32 appId;
        bytes state;
        bytes32 stateHash;
        bool terminal;
        uint256 position;
        address taker;
    }

    /// @inheritdoc IChallengeRegistry
    uint64 public constant FALLBACK_GRACE = 90 days;

    mapping(bytes32 appId => AppSlot) private _apps;
    mapping(bytes32 appId => bytes32) private _stateHashes;

    /// @inheritdoc IChallengeRegistry
    function openApp(
        App calldata app,
        LedgerHeader calldata header,
        bytes32[] calldata proof,
        bytes calldata state,
        Move[] calldata moves
    ) external {
        Progress memory progress;
        progress.appId = _appId(app);
        AppSlot memory slot = _apps[progress.appId];
        if (slot.finalizesAt != 0) revert AppAlreadyOpen(progress.appId);
        if (slot.version != slot.steps) revert StaleVersion(0, slot.version - slot.steps);
        bytes32 root = _appsRoot(app, header);
        if (!MerkleProof.verifyCalldata(proof, root, _leaf(progress.appId))) {
            revert AppNotInLedger(progress.appId, root);
        }
        progress.stateHash = app.initialStateHash;
        _begin(app, slot, progress, 0);
        if (moves.length != 0) {
            _requireState(app.initialStateHash, state);
            progress.state = state;
            _play(app, slot, progress, moves);
        }
        _store(slot, progress);
    }

    /// @inheritdoc IChallengeRegistry
    function setAppState(
        App calldata app,
        uint64 version,
        bytes calldata state,
        bytes[2] calldata signatures,
        Move[] calldata moves
    ) external {
        Progress memory progress;
        progress.appId = _appId(app);
        AppSlot memory slot = _apps[progress.appId];
        if (slot.finalizesAt != 0 && block.timestamp >= slot.finalizesAt) revert ChallengeFinal(slot.finalizesAt);
        uint64 base = slot.version - slot.steps;
        if (version < base || (version == base && slot.finalizesAt != 0)) revert StaleVersion(version, base);
        if (version == base && msg.sender != app.participants[0] && msg.sender != app.participants[1]) {
            revert NotAParty(msg.sender);
        }
        progress.state = state;
        progress.stateHash = keccak256(state);
        bytes32 digest = _stateDigest(progress.appId, version, progress.stateHash);
        _requireBoth(app.participants[0], app.participants[1], digest, signatures);
        progress.terminal = AppCall.isTerminal(app, progress.state);
        _begin(app, slot, progress, version);
        if (moves.length != 0) _play(app, slot, progress, moves);
        _store(slot, progress);
    }

    /// @inheritdoc IChallengeRegistry
    function progressApp(App calldata app, bytes calldata state, Move[] calldata moves) external {
        if (moves.length == 0) revert NoMoves();
        Progress memory progress;
        progress.appId = _appId(app);
        AppSlot memory slot = _apps[progress.appId];
        if (slot.finalizesAt == 0) revert NoChallenge(progress.appId);
        if (block.timestamp >= slot.finalizesAt) revert ChallengeFinal(slot.finalizesAt);
        _requireState(_stateHashes[progress.appId], state);
        progress.state = state;
        // A terminal state may wait for the end of its base's window; it cannot be moved on.
        progress.terminal = slot.steps != 0 && AppCall.isTerminal(app, progress.state);
        _play(app, slot, progress, moves);
        _store(slot, progress);
    }

    /// @inheritdoc IChallengeRegistry
    function cancelApp(App calldata app, Cancel calldata cancel, bytes[2] calldata signatures) external {
        bytes32 appId = _appId(app);
        if (cancel.channel != app.channel) revert WrongChannel(cancel.channel);
        if (cancel.epoch != app.epoch) revert WrongEpoch(cancel.epoch, app.epoch);
        AppSlot memory slot = _apps[appId];
        if (slot.stage == AppStage.Settled) revert AppFinished(appId);
        _requireCancellable(cancel, appId, slot.finalizesAt, slot.challengeId);
        bytes32 digest = _digest(Digests.hash(cancel));
        _requireBoth(app.participants[0], app.participants[1], digest, signatures);
        slot.version -= slot.steps;
        slot.steps = 0;
        slot.finalizesAt = 0;
        slot.stage = AppStage.Undecided;
        _apps[appId] = slot;
        delete _stateHashes[appId];
        emit AppCancelled(app.channel, appId, slot.version, slot.challengeId);
    }

    /// @inheritdoc IChallengeRegistry
    function setOutcome(App calldata app, bytes calldata state) external {
        bytes32 appId = _appId(app);
        AppSlot memory slot = _finalSlot(appId);
        if (slot.stage != AppStage.Undecided) revert AppFinished(appId);
        _requireState(_stateHashes[appId], state);
        (bool computed, bytes memory outcome) = AppCall.outcome(app, state);
        (bool valid, ) = computed ? _interpret(app, outcome) : (false, new Stake[](0));
        if (!valid) revert OutcomeNotReady(appId);
        _apps[appId].stage = AppStage.OutcomeSet;
        _stateHashes[appId] = keccak256(outcome);
        emit OutcomeSet(app.channel, appId, outcome);
    }

    /// @inheritdoc IChallengeRegistry
    function settleApp(App calldata app, bytes calldata data, bytes32[] calldata proof) external {
        bytes32 appId = _appId(app);
        AppSlot memory slot = _finalSlot(appId);
        if (slot.stage == AppStage.Settled) revert AppFinished(appId);
        _requireState(_stateHashes[appId], data);
        bytes32 root = finalAppsRoot[app.channel][app.epoch];
        if (!MerkleProof.verifyCalldata(proof, root, _leaf(appId))) revert AppNotInLedger(appId, root);

        bool valid = true;
        bytes memory outcome = data;
        if (slot.stage == AppStage.Undecided) (valid, outcome) = AppCall.outcome(app, outcome);
        Stake[] memory payouts;
        if (valid) (valid, payouts) = _interpret(app, outcome);
        if (!valid) {
            if (block.timestamp < slot.finalizesAt + FALLBACK_GRACE) revert OutcomeNotReady(appId);
            payouts = app.stakes;
        }
        _apps[appId].stage = AppStage.Settled;
        delete _stateHashes[appId];
        emit AppSettled(app.channel, appId, !valid);
        IChannel(app.channel).payApp(app.epoch, app.participants, payouts);
    }

    /// @notice What a multi-asset outcome pays. Called by the registry itself: garbage makes the decoding revert.
    function interpretMultiAsset(
        App calldata app,
        bytes calldata outcome
    ) external pure returns (bool valid, Stake[] memory payouts) {
        return Interpreter.multiAsset(app, abi.decode(outcome, (CoinTransfer[][])));
    }

    /// @inheritdoc IChallengeRegistry
    function appStatus(bytes32 appId) external view returns (AppStatus memory) {
        AppSlot memory slot = _apps[appId];
        return
            AppStatus({
                version: slot.version,
                steps: slot.steps,
                baseEndsAt: slot.baseEndsAt,
                finalizesAt: slot.finalizesAt,
                challengeId: slot.challengeId,
                stage: slot.stage,
                stateHash: _stateHashes[appId]
            });
    }

    /// A state both agreed to, or the installed one. Either side may still know a newer one, so it lasts the longer of
    /// the two periods, except when both signed that it is the last.
    function _begin(App calldata app, AppSlot memory slot, Progress memory progress, uint64 version) private {
        slot.version = version;
        slot.steps = 0;
        slot.challengeId++;
        slot.baseEndsAt = uint40(progress.terminal ? block.timestamp : block.timestamp + _longerPeriod(app));
        slot.finalizesAt = progress.terminal ? slot.baseEndsAt : _held(app, slot.baseEndsAt);
        emit AppChallenged(
            app.channel,
            progress.appId,
            version,
            slot.challengeId,
            slot.finalizesAt,
            progress.stateHash
        );
    }

    function _play(App calldata app, AppSlot memory slot, Progress memory progress, Move[] calldata moves) private {
        if (app.actionDeadline != 0 && block.timestamp > app.actionDeadline) {
            revert ActionDeadlinePassed(app.actionDeadline);
        }
        if (!progress.terminal) (progress.position, progress.taker) = AppCall.turnTaker(app, progress.state);
        for (uint256 i = 0; i < moves.length; i++) {
            if (progress.terminal) revert StateTerminal(progress.appId);
            if (progress.position > 1) revert NotATurnTaker(progress.taker);
            _move(app, slot, progress, moves[i]);
        }
    }

    /// Every move starts the next turn taker's period. No move is final before its base could be answered: somebody who
    /// moves again on an old parent must not get away with it by reaching an end at once (invariant 2).
    function _move(App calldata app, AppSlot memory slot, Progress memory progress, Move calldata move) private {
        progress.state = CounterfactualApp(app.definition).applyAction(progress.state, move.action);
        progress.stateHash = keccak256(progress.state);
        slot.version++;
        slot.steps++;
        bytes32 digest = _stateDigest(progress.appId, slot.version, progress.stateHash);
        _requireSigned(progress.taker, digest, move.signature);
        progress.terminal = AppCall.isTerminal(app, progress.state);
        if (progress.terminal) {
            slot.finalizesAt = slot.baseEndsAt;
        } else {
            (progress.position, progress.taker) = AppCall.turnTaker(app, progress.state);
            uint256 period = progress.position < 2 ? app.periods[progress.position] : _longerPeriod(app);
            uint256 end = block.timestamp + period;
            slot.finalizesAt = _held(app, end < slot.baseEndsAt ? slot.baseEndsAt : end);
        }
        emit AppProgressed(
            app.channel,
            progress.appId,
            slot.version,
            slot.finalizesAt,
            move.action,
            move.signature,
            progress.state
        );
    }

    function _store(AppSlot memory slot, Progress memory progress) private {
        _apps[progress.appId] = slot;
        _stateHashes[progress.appId] = progress.stateHash;
    }

    /// A list of outcome types is a list of interpreters; an unknown type has no valid outcome.
    function _interpret(
        App calldata app,
        bytes memory outcome
    ) private view returns (bool valid, Stake[] memory payouts) {
        if (app.outcomeType == Interpreter.TWO_PARTY_FIXED_OUTCOME) {
            return Interpreter.twoPartyFixed(app.stakes, outcome);
        }
        if (app.outcomeType == Interpreter.SINGLE_ASSET_TWO_PARTY_COIN_TRANSFER) {
            return Interpreter.singleAsset(app.stakes, outcome);
        }
        if (app.outcomeType == Interpreter.MULTI_ASSET_MULTI_PARTY_COIN_TRANSFER) {
            AppCall.requireGas();
            try this.interpretMultiAsset{gas: AppCall.GAS}(app, outcome) returns (
                bool valid_,
                Stake[] memory payouts_
            ) {
                return (valid_, payouts_);
            } catch {
                return (false, payouts);
            }
        }
    }

    function _appsRoot(App calldata app, LedgerHeader calldata header) private view returns (bytes32) {
        LedgerSlot memory ledger = _ledgers[app.channel];
        if (ledger.epoch != app.epoch) return finalAppsRoot[app.channel][app.epoch];
        if (ledger.finalizesAt == 0) revert NoChallenge(bytes32(0));
        bytes32 digest = _digest(Digests.hash(header, app.channel, app.epoch));
        bytes32 known = _ledgerDigests[app.channel];
        if (digest != known) revert LedgerMismatch(known, digest);
        return header.appsRoot;
    }

    function _finalSlot(bytes32 appId) private view returns (AppSlot memory slot) {
        slot = _apps[appId];
        if (slot.finalizesAt == 0) revert NoChallenge(appId);
        if (block.timestamp < slot.finalizesAt) revert ChallengeNotFinal(slot.finalizesAt);
    }

    function _appId(App calldata app) private view returns (bytes32) {
        return _digest(Digests.hash(app));
    }

    function _stateDigest(bytes32 appId, uint64 version, bytes32 stateHash) private view returns (bytes32) {
        return _digest(Digests.hash(AppState({appId: appId, version: version, stateHash: stateHash})));
    }

    function _leaf(bytes32 appId) private pure returns (bytes32) {
        return keccak256(abi.encode(appId));
    }

    function _requireState(bytes32 expected, bytes calldata state) private pure {
        bytes32 given = keccak256(state);
        if (given != expected) revert AppStateMismatch(expected, given);
    }

    function _longerPeriod(App calldata app) private pure returns (uint256) {
        return app.periods[0] > app.periods[1] ? app.periods[0] : app.periods[1];
    }

    function _held(App calldata app, uint256 end) private pure returns (uint40) {
        if (end < app.holdUntil) end = app.holdUntil;
        return end > type(uint40).max ? type(uint40).max : uint40(end);
    }
}
