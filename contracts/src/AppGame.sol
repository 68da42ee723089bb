// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CounterfactualApp} from "./interfaces/CounterfactualApp.sol";
import {IChallengeRegistry} from "./interfaces/IChallengeRegistry.sol";
import {LedgerChallenges} from "./LedgerChallenges.sol";
import {AppCall} from "./libraries/AppCall.sol";
import {Digests} from "./libraries/Digests.sol";
import {App, AppState, ChannelId, Move, PathProof} from "./Structs.sol";

/// @notice The path of a disputed app from its base to its tip, and whose time it is. See {IChallengeRegistry}.
abstract contract AppGame is LedgerChallenges {
    /// @dev One slot; `_paths` is the other word. Times fit 40 bits for longer than anyone waits; `holdUntil` is capped.
    /// `steps` are the moves above the base, `unagreed` those above the last state that both signed: the two differ
    /// once a full path was rolled over, and a cancel leads back to what both signed.
    struct AppSlot {
        uint64 version;
        uint16 steps;
        uint24 unagreed;
        uint40 baseEndsAt;
        uint40 turnEndsAt;
        uint64 challengeId;
        AppStage stage;
    }

    /// What a call knows of an app. `state` is the one the call speaks of, in the end the tip.
    struct Game {
        bytes32 appId;
        AppSlot slot;
        bytes32 path;
        bytes state;
        bytes32 stateHash;
        bool isAsked;
        bool terminal;
        uint256 position;
        address taker;
    }

    uint256 internal constant MAX_STEPS = 1024;

    mapping(bytes32 appId => AppSlot) internal _apps;
    /// Commitment to the states from where the path began to the tip; of the outcome once that is set, zero once settled.
    mapping(bytes32 appId => bytes32) internal _paths;

    /// @inheritdoc IChallengeRegistry
    function appStatus(bytes32 appId) external view returns (AppStatus memory) {
        AppSlot memory slot = _apps[appId];
        return
            AppStatus({
                version: slot.version,
                steps: slot.steps,
                baseEndsAt: slot.baseEndsAt,
                turnEndsAt: slot.turnEndsAt,
                finalizesAt: _finalizesAt(slot),
                challengeId: slot.challengeId,
                stage: slot.stage,
                path: _paths[appId]
            });
    }

    /// Only a channel's own parties make the registry speak of it.
    function _load(ChannelId calldata id, App calldata app) internal view returns (Game memory game) {
        _channelOf(id, app.channel);
        (address first, address second) = (app.participants[0], app.participants[1]);
        bool inOrder = first == id.initiator && second == id.responder;
        if (!inOrder && (first != id.responder || second != id.initiator)) revert NotTheParties(first, second);
        game.appId = _digest(Digests.hash(app));
        game.slot = _apps[game.appId];
        game.path = _paths[game.appId];
    }

    function _setState(Game memory game, bytes memory state) internal pure {
        game.state = state;
        game.stateHash = keccak256(state);
    }

    function _store(Game memory game) internal {
        _apps[game.appId] = game.slot;
        _paths[game.appId] = game.path;
    }

    /// A state both agreed to, or the installed one, becomes the base. Either side may still know a newer one, so it
    /// lasts the longer of the two periods; whoever is to move has its own only. Both signed that a terminal one is last.
    function _begin(App calldata app, Game memory game, uint64 version) internal {
        AppSlot memory slot = game.slot;
        _ask(app, game);
        slot.version = version;
        slot.steps = 0;
        slot.unagreed = 0;
        slot.challengeId++;
        slot.baseEndsAt = uint40(game.terminal ? block.timestamp : block.timestamp + _longerPeriod(app));
        slot.turnEndsAt = game.terminal ? slot.baseEndsAt : _turnEnd(app, game, block.timestamp);
        game.path = _extend(bytes32(0), game.stateHash);
        emit AppChallenged(
            app.channel,
            game.appId,
            version,
            slot.challengeId,
            slot.turnEndsAt,
            _finalizesAt(slot),
            game.path,
            game.state
        );
    }

    /// A state on the path that both signed becomes the base: what was played upon it stands, and so do the times.
    function _rebase(App calldata app, Game memory game, uint64 version) internal {
        game.slot.steps = uint16(game.slot.version - version);
        game.slot.unagreed = game.slot.steps;
        emit AppRebased(app.channel, game.appId, version);
    }

    /// Plays the moves that start at `game.state`, of that version, with the path commitment `before` it. The first of them
    /// may be on chain already, played by whoever copied this call: then the rest is played. If the chain went another
    /// way or further, nothing is.
    /// @return played whether the game changed
    function _continue(
        App calldata app,
        Game memory game,
        uint64 version,
        bytes32 before,
        Move[] calldata moves
    ) internal returns (bool played) {
        uint256 done = game.slot.version - version;
        if (moves.length <= done) return false;
        bytes32 path = _extend(before, game.stateHash);
        for (uint256 i = 0; i < done; i++) {
            _setState(game, _apply(app, game.state, moves[i]));
            path = _extend(path, game.stateHash);
        }
        if (path != game.path) return false;
        if (app.actionDeadline != 0 && block.timestamp > app.actionDeadline) {
            revert ActionDeadlinePassed(app.actionDeadline);
        }
        if (!game.isAsked) _ask(app, game);
        for (uint256 i = done; i < moves.length; i++) _move(app, game, moves[i]);
        return true;
    }

    function _leadsToTip(PathProof calldata proof, Game memory game, uint64 version) internal pure returns (bool) {
        if (proof.hashes.length != uint256(game.slot.version - version) + 1) return false;
        bytes32 path = proof.before;
        for (uint256 i = 0; i < proof.hashes.length; i++) path = _extend(path, proof.hashes[i]);
        return path == game.path;
    }

    function _extend(bytes32 path, bytes32 stateHash) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            mstore(0x00, path)
            mstore(0x20, stateHash)
            result := keccak256(0x00, 0x40)
        }
    }

    function _requireTip(Game memory game, bytes32 given) internal pure {
        if (given != game.path) revert AppStateMismatch(game.path, given);
    }

    function _isRunning(AppSlot memory slot) internal pure returns (bool) {
        return slot.turnEndsAt != 0;
    }

    function _finalizesAt(AppSlot memory slot) internal pure returns (uint64) {
        return slot.turnEndsAt > slot.baseEndsAt ? slot.turnEndsAt : slot.baseEndsAt;
    }

    /// The move of whoever's time it is. No move is final before its base could be answered: somebody who moves again
    /// on an old parent must not get away with it by reaching an end at once (invariants 2 and 19).
    function _move(App calldata app, Game memory game, Move calldata move) private {
        AppSlot memory slot = game.slot;
        if (game.terminal) revert StateTerminal(game.appId);
        if (game.position > 1) revert NotATurnTaker(game.taker);
        if (block.timestamp >= slot.turnEndsAt) revert TurnOver(slot.turnEndsAt);
        if (slot.steps == MAX_STEPS) _rollOver(app, game);
        _setState(game, _apply(app, game.state, move));
        slot.version++;
        slot.steps++;
        slot.unagreed++;
        slot.challengeId++;
        game.path = _extend(game.path, game.stateHash);
        AppState memory result = AppState({appId: game.appId, version: slot.version, stateHash: game.stateHash});
        _requireSigned(game.taker, _digest(Digests.hash(result)), move.signature);
        uint256 mover = game.position;
        _ask(app, game);
        if (game.terminal) {
            // The other side's time, to show a newer state.
            slot.turnEndsAt = uint40(block.timestamp + app.periods[1 - mover]);
        } else {
            uint256 from = block.timestamp;
            if (slot.steps == MAX_STEPS) {
                // Nobody can move for a whole window, so that nobody can outrun a proof for ever.
                from += _longerPeriod(app);
                slot.baseEndsAt = uint40(from);
            }
            slot.turnEndsAt = _turnEnd(app, game, from);
        }
        _tell(app.channel, game, move);
    }

    function _tell(address channel, Game memory game, Move calldata move) private {
        AppSlot memory slot = game.slot;
        emit AppProgressed(
            channel,
            game.appId,
            slot.version,
            slot.challengeId,
            slot.turnEndsAt,
            _finalizesAt(slot),
            game.path,
            move.action,
            move.signature,
            game.state
        );
    }

    /// The tip of a full path becomes the base, once every state that both signed could be shown against the old one.
    function _rollOver(App calldata app, Game memory game) private {
        AppSlot memory slot = game.slot;
        if (block.timestamp < slot.baseEndsAt) revert PathFull(slot.baseEndsAt);
        slot.steps = 0;
        slot.baseEndsAt = uint40(block.timestamp + _longerPeriod(app));
        emit AppRebased(app.channel, game.appId, slot.version);
    }

    function _apply(App calldata app, bytes memory state, Move calldata move) private view returns (bytes memory) {
        return CounterfactualApp(app.definition).applyAction(state, move.action);
    }

    function _ask(App calldata app, Game memory game) private view {
        game.isAsked = true;
        game.terminal = AppCall.isTerminal(app, game.state);
        if (!game.terminal) (game.position, game.taker) = AppCall.turnTaker(app, game.state);
    }

    /// End of the turn in a state that is not terminal.
    function _turnEnd(App calldata app, Game memory game, uint256 from) private pure returns (uint40) {
        uint256 end = from + (game.position < 2 ? app.periods[game.position] : _longerPeriod(app));
        if (end < app.holdUntil) end = app.holdUntil;
        return end > type(uint40).max ? type(uint40).max : uint40(end);
    }

    function _longerPeriod(App calldata app) private pure returns (uint256) {
        return app.periods[0] > app.periods[1] ? app.periods[0] : app.periods[1];
    }
}
