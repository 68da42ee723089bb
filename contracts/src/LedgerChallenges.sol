// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallengeRegistry} from "./interfaces/IChallengeRegistry.sol";
import {IChannel} from "./interfaces/IChannel.sol";
import {IChannelFactory} from "./interfaces/IChannelFactory.sol";
import {ChannelAddress} from "./libraries/ChannelAddress.sol";
import {Digests} from "./libraries/Digests.sol";
import {LedgerCheck} from "./libraries/LedgerCheck.sol";
import {SigningDomain} from "./SigningDomain.sol";
import {Cancel, ChannelId, Ledger} from "./Structs.sol";

/// @notice Which ledger of a channel is final; see {IChallengeRegistry}.
abstract contract LedgerChallenges is IChallengeRegistry, SigningDomain {
    /// @dev One slot.
    struct LedgerSlot {
        uint64 epoch;
        uint64 version;
        uint64 finalizesAt;
        uint64 challengeId;
    }

    /// @inheritdoc IChallengeRegistry
    address public immutable factory;
    /// @inheritdoc IChallengeRegistry
    address public immutable channelImplementation;

    mapping(address channel => LedgerSlot) internal _ledgers;
    mapping(address channel => bytes32) internal _ledgerDigests;
    /// @inheritdoc IChallengeRegistry
    mapping(address channel => mapping(uint64 epoch => bytes32)) public finalAppsRoot;

    constructor(address factory_) {
        factory = factory_;
        channelImplementation = IChannelFactory(factory_).implementation();
    }

    /// @inheritdoc IChallengeRegistry
    function challengeLedger(ChannelId calldata id, Ledger calldata ledger, bytes[2] calldata signatures) external {
        (address channel, LedgerSlot memory slot) = _slotOf(id, ledger.channel, ledger.epoch);
        LedgerCheck.check(ledger);
        bytes32 digest = _digest(Digests.hash(ledger));
        bool running = slot.finalizesAt != 0;
        if (running && block.timestamp >= slot.finalizesAt) revert ChallengeFinal(slot.finalizesAt);
        if (ledger.version < slot.version || (running && ledger.version == slot.version)) {
            revert StaleVersion(ledger.version, slot.version);
        }
        // What strangers can copy from the chain must not let them close channels: at the floor only a party challenges.
        if (ledger.version == slot.version) {
            if (msg.sender != id.initiator && msg.sender != id.responder) revert NotAParty(msg.sender);
            bytes32 known = _ledgerDigests[channel];
            if (ledger.version != 0 && digest != known) revert LedgerMismatch(known, digest);
        } else {
            _requireBoth(id.initiator, id.responder, digest, signatures);
        }
        slot.version = ledger.version;
        slot.finalizesAt = uint64(block.timestamp) + id.challengePeriod;
        slot.challengeId++;
        _ledgers[channel] = slot;
        _ledgerDigests[channel] = digest;
        emit LedgerChallenged(channel, slot.epoch, slot.version, slot.challengeId, slot.finalizesAt, digest);
    }

    /// @inheritdoc IChallengeRegistry
    function answerLedger(ChannelId calldata id, Ledger calldata ledger, bytes[2] calldata signatures) external {
        (address channel, LedgerSlot memory slot) = _slotOf(id, ledger.channel, ledger.epoch);
        LedgerCheck.check(ledger);
        if (slot.finalizesAt == 0) revert NoChallenge(bytes32(0));
        if (block.timestamp >= slot.finalizesAt) revert ChallengeFinal(slot.finalizesAt);
        if (ledger.version <= slot.version) revert StaleVersion(ledger.version, slot.version);
        bytes32 digest = _digest(Digests.hash(ledger));
        _requireBoth(id.initiator, id.responder, digest, signatures);
        slot.version = ledger.version;
        slot.finalizesAt = 0;
        _ledgers[channel] = slot;
        _ledgerDigests[channel] = digest;
        emit LedgerAnswered(channel, slot.epoch, slot.version, slot.challengeId, digest);
    }

    /// @inheritdoc IChallengeRegistry
    function cancelLedger(ChannelId calldata id, Cancel calldata cancel, bytes[2] calldata signatures) external {
        (address channel, LedgerSlot memory slot) = _slotOf(id, cancel.channel, cancel.epoch);
        _requireCancellable(cancel, bytes32(0), slot.finalizesAt, slot.challengeId);
        bytes32 digest = _digest(Digests.hash(cancel));
        _requireBoth(id.initiator, id.responder, digest, signatures);
        _ledgers[channel].finalizesAt = 0;
        emit LedgerCancelled(channel, slot.epoch, slot.version, slot.challengeId);
    }

    /// @inheritdoc IChallengeRegistry
    function settle(ChannelId calldata id, Ledger calldata ledger, address[] calldata others) external {
        (address channel, LedgerSlot memory slot) = _slotOf(id, ledger.channel, ledger.epoch);
        if (slot.finalizesAt == 0) revert NoChallenge(bytes32(0));
        if (block.timestamp < slot.finalizesAt) revert ChallengeNotFinal(slot.finalizesAt);
        bytes32 digest = _digest(Digests.hash(ledger));
        bytes32 known = _ledgerDigests[channel];
        if (digest != known) revert LedgerMismatch(known, digest);

        if (ledger.appsRoot != 0) finalAppsRoot[channel][slot.epoch] = ledger.appsRoot;
        delete _ledgerDigests[channel];
        _ledgers[channel] = LedgerSlot({
            epoch: slot.epoch + 1,
            version: 0,
            finalizesAt: 0,
            challengeId: slot.challengeId
        });
        emit LedgerSettled(channel, slot.epoch, slot.version, digest);

        if (channel.code.length == 0) {
            IChannelFactory(factory).deploy(id.initiator, id.responder, id.challengePeriod);
        }
        IChannel(channel).settle(slot.epoch, ledger.assets, others);
    }

    /// @inheritdoc IChallengeRegistry
    function epochOf(address channel) external view returns (uint64) {
        return _ledgers[channel].epoch;
    }

    /// @inheritdoc IChallengeRegistry
    function channelStatus(address channel) external view returns (ChannelStatus memory) {
        LedgerSlot memory slot = _ledgers[channel];
        return
            ChannelStatus({
                epoch: slot.epoch,
                version: slot.version,
                finalizesAt: slot.finalizesAt,
                challengeId: slot.challengeId,
                digest: _ledgerDigests[channel]
            });
    }

    function _requireCancellable(
        Cancel calldata cancel,
        bytes32 subject,
        uint64 finalizesAt,
        uint64 challengeId
    ) internal view {
        if (cancel.subject != subject) revert WrongSubject(cancel.subject, subject);
        if (finalizesAt == 0) revert NoChallenge(subject);
        if (cancel.challengeId != challengeId) revert WrongChallenge(cancel.challengeId, challengeId);
        if (block.timestamp > cancel.deadline) revert DeadlinePassed(cancel.deadline);
    }

    function _requireBoth(address first, address second, bytes32 digest, bytes[2] calldata signatures) internal pure {
        _requireSigned(first, digest, signatures[0]);
        _requireSigned(second, digest, signatures[1]);
    }

    function _requireSigned(address expected, bytes32 digest, bytes calldata signature) internal pure {
        address recovered = _recover(digest, signature);
        if (recovered != expected) revert WrongSigner(expected, recovered);
    }

    function _slotOf(
        ChannelId calldata id,
        address named,
        uint64 epoch
    ) private view returns (address channel, LedgerSlot memory slot) {
        channel = ChannelAddress.predict(
            id.initiator,
            id.responder,
            id.challengePeriod,
            channelImplementation,
            factory
        );
        if (named != channel) revert WrongChannel(named);
        slot = _ledgers[channel];
        if (epoch != slot.epoch) revert WrongEpoch(epoch, slot.epoch);
    }
}
