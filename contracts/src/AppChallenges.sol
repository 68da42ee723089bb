// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {AppGame} from "./AppGame.sol";
import {IChallengeRegistry} from "./interfaces/IChallengeRegistry.sol";
import {Digests} from "./libraries/Digests.sol";
import {App, AppState, Cancel, Challenge, ChannelId, Move, Opening, PathProof} from "./Structs.sol";

/// @notice How a dispute of an app is opened, answered and cancelled; see {IChallengeRegistry}.
abstract contract AppChallenges is AppGame {
    /// @inheritdoc IChallengeRegistry
    function openApp(Opening calldata opening) external {
        Game memory game = _load(opening.id, opening.app);
        _open(opening, game, _isParty(opening.id, msg.sender));
    }

    /// @inheritdoc IChallengeRegistry
    function openAppFor(Opening calldata opening, Challenge calldata challenge, bytes calldata signature) external {
        Game memory game = _load(opening.id, opening.app);
        bool mayStart = !_isRunning(game.slot) && !_isSettled(opening.app);
        if (mayStart) {
            // It opens an app once ever, so that nobody undoes a cancel with one that was kept.
            uint64 last = game.slot.challengeId;
            if (last != 0) revert WrongChallenge(challenge.challengeId, last);
            if (opening.moves.length == 0) revert NoMoves();
            _requireLeave(opening.id, opening.ledger, challenge, signature, game.appId, 0);
        }
        _open(opening, game, mayStart);
    }

    /// @inheritdoc IChallengeRegistry
    function setAppState(
        ChannelId calldata id,
        App calldata app,
        uint64 version,
        bytes calldata state,
        bytes[2] calldata signatures,
        PathProof calldata proof,
        Move[] calldata moves
    ) external {
        Game memory game = _load(id, app);
        _setState(game, state);
        bytes32 before = _place(id, app, game, version, signatures, proof);
        // Somebody else may have set this state, as a new base or on its path.
        if (!_continue(app, game, version, before, moves) && before != 0) {
            _setState(game, state);
            _continue(app, game, version, bytes32(0), moves);
        }
        _store(game);
    }

    /// @inheritdoc IChallengeRegistry
    function progressApp(
        ChannelId calldata id,
        App calldata app,
        uint64 version,
        bytes32 previous,
        bytes calldata state,
        Move[] calldata moves
    ) external {
        Game memory game = _load(id, app);
        if (!_isRunning(game.slot)) revert NoChallenge(game.appId);
        _setState(game, state);
        if (version >= game.slot.version) {
            bytes32 path = _extend(previous, game.stateHash);
            if (version != game.slot.version || path != game.path) revert AppStateMismatch(game.path, path);
        }
        if (_continue(app, game, version, previous, moves)) _store(game);
    }

    /// @inheritdoc IChallengeRegistry
    function cancelApp(
        ChannelId calldata id,
        App calldata app,
        Cancel calldata cancel,
        bytes[2] calldata signatures
    ) external {
        Game memory game = _load(id, app);
        AppSlot memory slot = game.slot;
        if (!_isRunning(slot) || slot.stage == AppStage.Settled) return;
        if (cancel.channel != app.channel) revert WrongChannel(cancel.channel);
        if (cancel.epoch != app.epoch) revert WrongEpoch(cancel.epoch, app.epoch);
        _requireCancel(cancel, game.appId, slot.challengeId);
        _requireBoth(app.participants[0], app.participants[1], _digest(Digests.hash(cancel)), signatures);
        slot.version -= slot.unagreed;
        slot.steps = 0;
        slot.unagreed = 0;
        slot.baseEndsAt = 0;
        slot.turnEndsAt = 0;
        slot.stage = AppStage.Undecided;
        game.path = 0;
        _store(game);
        emit AppCancelled(app.channel, game.appId, slot.version, slot.challengeId);
    }

    function _isSettled(App calldata app) internal view returns (bool) {
        return app.epoch < _ledgers[app.channel].epoch;
    }

    function _requireInRoot(bytes32 appId, bytes32[] calldata proof, bytes32 root) internal pure {
        if (!MerkleProof.verifyCalldata(proof, root, keccak256(abi.encode(appId)))) {
            revert AppNotInLedger(appId, root);
        }
    }

    /// @param mayStart whether the caller has leave to start challenges. Others can open what is settled, and move.
    function _open(Opening calldata opening, Game memory game, bool mayStart) private {
        App calldata app = opening.app;
        bytes32 given = keccak256(opening.state);
        if (given != app.initialStateHash) revert AppStateMismatch(app.initialStateHash, given);
        _setState(game, opening.state);
        bool isSettled = _isSettled(app);
        if (!isSettled && mayStart) {
            if (opening.ledger.epoch != app.epoch) revert WrongEpoch(opening.ledger.epoch, app.epoch);
            _show(opening.id, app.channel, opening.ledger, opening.signatures);
        }
        if (!_isRunning(game.slot)) {
            if (!isSettled && !mayStart) revert NotAParty(msg.sender);
            if (game.slot.version != 0) revert StaleVersion(0, game.slot.version);
            bytes32 root = isSettled ? finalAppsRoot(app.channel, app.epoch) : opening.ledger.appsRoot;
            _requireInRoot(game.appId, opening.proof, root);
            _begin(app, game, 0);
        }
        _continue(app, game, 0, bytes32(0), opening.moves);
        _store(game);
    }

    /// Puts a state that both signed where it belongs: above the tip or in place of a tip that went another way it is a
    /// new base; on the path it becomes the base; at or below the base there is nothing to do.
    /// @return before the path commitment before it, if it is on the path
    function _place(
        ChannelId calldata id,
        App calldata app,
        Game memory game,
        uint64 version,
        bytes[2] calldata signatures,
        PathProof calldata proof
    ) private returns (bytes32 before) {
        AppSlot memory slot = game.slot;
        if (!_isRunning(slot)) {
            if (!_isParty(id, msg.sender)) revert NotAParty(msg.sender);
            if (version < slot.version) revert StaleVersion(version, slot.version);
        } else {
            if (version <= slot.version - slot.steps) return proof.before;
            uint64 finalizesAt = _finalizesAt(slot);
            if (block.timestamp >= finalizesAt) revert ChallengeFinal(finalizesAt);
        }
        AppState memory agreed = AppState({appId: game.appId, version: version, stateHash: game.stateHash});
        _requireBoth(app.participants[0], app.participants[1], _digest(Digests.hash(agreed)), signatures);
        if (_isRunning(slot) && version <= slot.version) {
            // Made for another path than this has become: whoever sent it plans anew.
            if (!_leadsToTip(proof, game, version)) return bytes32(0);
            if (proof.hashes[0] == game.stateHash) {
                _rebase(app, game, version);
                return proof.before;
            }
        }
        _begin(app, game, version);
    }
}
