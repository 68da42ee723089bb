// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AppChallenges} from "./AppChallenges.sol";
import {IChallengeRegistry} from "./interfaces/IChallengeRegistry.sol";
import {IChannel} from "./interfaces/IChannel.sol";
import {AppCall} from "./libraries/AppCall.sol";
import {Interpreter} from "./libraries/Interpreter.sol";
import {App, ChannelId, Stake} from "./Structs.sol";

/// @notice What the final state of an app pays, once; see {IChallengeRegistry}.
abstract contract AppOutcomes is AppChallenges {
    /// @inheritdoc IChallengeRegistry
    uint64 public constant FALLBACK_GRACE = 90 days;

    /// @inheritdoc IChallengeRegistry
    function setOutcome(ChannelId calldata id, App calldata app, bytes32 previous, bytes calldata state) external {
        Game memory game = _loadFinal(id, app);
        if (game.slot.stage != AppStage.Undecided) return;
        _requireTip(game, _extend(previous, keccak256(state)));
        (bool computed, bytes memory outcome) = AppCall.outcome(app, state);
        (bool valid, ) = computed ? _interpret(app, outcome) : (false, new Stake[](0));
        if (!valid) revert OutcomeNotReady(game.appId);
        game.slot.stage = AppStage.OutcomeSet;
        game.path = keccak256(outcome);
        _store(game);
        emit OutcomeSet(app.channel, game.appId, outcome);
    }

    /// @inheritdoc IChallengeRegistry
    function settleApp(
        ChannelId calldata id,
        App calldata app,
        bytes32 previous,
        bytes calldata data,
        bytes32[] calldata proof
    ) external {
        Game memory game = _loadFinal(id, app);
        if (game.slot.stage == AppStage.Settled) return;
        _requireInRoot(game.appId, proof, finalAppsRoot(app.channel, app.epoch));

        bool valid = true;
        bytes memory outcome = data;
        if (game.slot.stage == AppStage.Undecided) {
            _requireTip(game, _extend(previous, keccak256(outcome)));
            (valid, outcome) = AppCall.outcome(app, outcome);
        } else if (keccak256(outcome) != game.path) {
            // Made before somebody set the outcome: a state that has this very outcome will do as well.
            (, outcome) = AppCall.outcome(app, outcome);
            _requireTip(game, keccak256(outcome));
        }
        Stake[] memory payouts;
        if (valid) (valid, payouts) = _interpret(app, outcome);
        if (!valid) {
            if (block.timestamp < _finalizesAt(game.slot) + FALLBACK_GRACE) revert OutcomeNotReady(game.appId);
            payouts = app.stakes;
        }
        game.slot.stage = AppStage.Settled;
        game.path = 0;
        _store(game);
        emit AppSettled(app.channel, game.appId, !valid);
        IChannel(app.channel).payApp(app.epoch, app.participants, payouts);
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
            payouts = app.stakes;
            bytes memory question = abi.encodeCall(IChannel.interpretMultiAsset, (app.participants, payouts, outcome));
            AppCall.requireGas();
            (bool answered, bytes memory answer) = channelImplementation.staticcall{gas: AppCall.GAS}(question);
            if (answered) return abi.decode(answer, (bool, Stake[]));
        }
    }

    function _loadFinal(ChannelId calldata id, App calldata app) private view returns (Game memory game) {
        game = _load(id, app);
        if (!_isRunning(game.slot)) revert NoChallenge(game.appId);
        uint64 finalizesAt = _finalizesAt(game.slot);
        if (block.timestamp < finalizesAt) revert ChallengeNotFinal(finalizesAt);
    }
}
