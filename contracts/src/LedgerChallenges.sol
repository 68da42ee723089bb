// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallengeRegistry} from "./interfaces/IChallengeRegistry.sol";
import {IChannel} from "./interfaces/IChannel.sol";
import {IChannelFactory} from "./interfaces/IChannelFactory.sol";
import {ChannelAddress} from "./libraries/ChannelAddress.sol";
import {Digests} from "./libraries/Digests.sol";
import {LedgerCheck} from "./libraries/LedgerCheck.sol";
import {SigningDomain} from "./SigningDomain.sol";
import {Cancel, Challenge, ChannelId, Ledger} from "./Structs.sol";

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
    /// One word per epoch: in the current one the digest of the ledger at the floor, in a settled one its appsRoot.
    mapping(address channel => mapping(uint64 epoch => bytes32)) private _commitments;

    constructor(address factory_) {
        factory = factory_;
        channelImplementation = IChannelFactory(factory_).implementation();
    }

    /// @inheritdoc IChallengeRegistry
    function challengeLedger(ChannelId calldata id, Ledger calldata ledger, bytes[2] calldata signatures) external {
        (address channel, LedgerSlot memory slot) = _slotOf(id, ledger.channel, ledger.epoch);
        if (_runsAtLeast(slot, ledger.version)) return;
        if (!_isParty(id, msg.sender)) revert NotAParty(msg.sender);
        _challenge(id, channel, slot, ledger, signatures);
    }

    /// @inheritdoc IChallengeRegistry
    function challengeLedgerFor(
        ChannelId calldata id,
        Ledger calldata ledger,
        bytes[2] calldata signatures,
        Challenge calldata challenge,
        bytes calldata signature
    ) external {
        (address channel, LedgerSlot memory slot) = _slotOf(id, ledger.channel, ledger.epoch);
        if (_runsAtLeast(slot, ledger.version)) return;
        _requireLeave(id, ledger, challenge, signature, bytes32(0), slot.challengeId + 1);
        _challenge(id, channel, slot, ledger, signatures);
    }

    /// @inheritdoc IChallengeRegistry
    function answerLedger(ChannelId calldata id, Ledger calldata ledger, bytes[2] calldata signatures) external {
        (address channel, LedgerSlot memory slot) = _slotOf(id, ledger.channel, ledger.epoch);
        if (slot.finalizesAt == 0 || ledger.version <= slot.version) return;
        if (block.timestamp >= slot.finalizesAt) revert ChallengeFinal(slot.finalizesAt);
        LedgerCheck.check(ledger);
        bytes32 digest = _digest(Digests.hash(ledger));
        _requireBoth(id.initiator, id.responder, digest, signatures);
        slot.version = ledger.version;
        slot.finalizesAt = 0;
        _ledgers[channel] = slot;
        _commitments[channel][slot.epoch] = digest;
        emit LedgerAnswered(channel, slot.epoch, slot.version, slot.challengeId, digest);
    }

    /// @inheritdoc IChallengeRegistry
    function cancelLedger(ChannelId calldata id, Cancel calldata cancel, bytes[2] calldata signatures) external {
        (address channel, LedgerSlot memory slot) = _slotOf(id, cancel.channel, cancel.epoch);
        if (slot.finalizesAt == 0) return;
        _requireCancel(cancel, bytes32(0), slot.challengeId);
        _requireBoth(id.initiator, id.responder, _digest(Digests.hash(cancel)), signatures);
        _ledgers[channel].finalizesAt = 0;
        emit LedgerCancelled(channel, slot.epoch, slot.version, slot.challengeId);
    }

    /// @inheritdoc IChallengeRegistry
    function settle(ChannelId calldata id, Ledger calldata ledger, address[] calldata others) external {
        address channel = _channelOf(id, ledger.channel);
        LedgerSlot memory slot = _ledgers[channel];
        if (ledger.epoch < slot.epoch) return;
        if (ledger.epoch != slot.epoch) revert WrongEpoch(ledger.epoch, slot.epoch);
        if (slot.finalizesAt == 0) revert NoChallenge(bytes32(0));
        if (block.timestamp < slot.finalizesAt) revert ChallengeNotFinal(slot.finalizesAt);
        bytes32 digest = _digest(Digests.hash(ledger));
        bytes32 known = _commitments[channel][slot.epoch];
        if (digest != known) revert LedgerMismatch(known, digest);

        _commitments[channel][slot.epoch] = ledger.appsRoot;
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
                digest: _commitments[channel][slot.epoch]
            });
    }

    /// @inheritdoc IChallengeRegistry
    function finalAppsRoot(address channel, uint64 epoch) public view returns (bytes32) {
        return epoch < _ledgers[channel].epoch ? _commitments[channel][epoch] : bytes32(0);
    }

    /// Has this ledger on chain as part of opening an app from it: a running challenge with it or a newer one is kept, and
    /// below the floor none is started. Who raises the floor in front of an opening must not stop it: an app has its own
    /// deadline, a ledger can be challenged after it.
    function _show(
        ChannelId calldata id,
        address channel,
        Ledger calldata ledger,
        bytes[2] calldata signatures
    ) internal {
        (, LedgerSlot memory slot) = _slotOf(id, ledger.channel, ledger.epoch);
        if (ledger.version >= slot.version && !_runsAtLeast(slot, ledger.version)) {
            return _challenge(id, channel, slot, ledger, signatures);
        }
        bytes32 digest = _digest(Digests.hash(ledger));
        if (digest != _commitments[channel][slot.epoch]) {
            _requireBoth(id.initiator, id.responder, digest, signatures);
        }
    }

    /// Whoever starts must have leave to: what strangers can copy from the chain or a backup must not close channels.
    function _requireLeave(
        ChannelId calldata id,
        Ledger calldata ledger,
        Challenge calldata challenge,
        bytes calldata signature,
        bytes32 subject,
        uint64 challengeId
    ) internal view {
        if (challenge.channel != ledger.channel) revert WrongChannel(challenge.channel);
        if (challenge.epoch != ledger.epoch) revert WrongEpoch(challenge.epoch, ledger.epoch);
        if (challenge.subject != subject) revert WrongSubject(challenge.subject, subject);
        if (challenge.challengeId != challengeId) revert WrongChallenge(challenge.challengeId, challengeId);
        if (ledger.version < challenge.minVersion) revert StaleVersion(ledger.version, challenge.minVersion);
        if (block.timestamp > challenge.deadline) revert DeadlinePassed(challenge.deadline);
        address signer = _recover(_digest(Digests.hash(challenge)), signature);
        if (!_isParty(id, signer)) revert NotAParty(signer);
    }

    function _requireCancel(Cancel calldata cancel, bytes32 subject, uint64 challengeId) internal view {
        if (cancel.subject != subject) revert WrongSubject(cancel.subject, subject);
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

    function _isParty(ChannelId calldata id, address who) internal pure returns (bool) {
        return who == id.initiator || who == id.responder;
    }

    function _channelOf(ChannelId calldata id, address named) internal view returns (address channel) {
        channel = ChannelAddress.predict(
            id.initiator,
            id.responder,
            id.challengePeriod,
            channelImplementation,
            factory
        );
        if (named != channel) revert WrongChannel(named);
    }

    function _challenge(
        ChannelId calldata id,
        address channel,
        LedgerSlot memory slot,
        Ledger calldata ledger,
        bytes[2] calldata signatures
    ) private {
        if (slot.finalizesAt != 0 && block.timestamp >= slot.finalizesAt) revert ChallengeFinal(slot.finalizesAt);
        if (ledger.version < slot.version) revert StaleVersion(ledger.version, slot.version);
        LedgerCheck.check(ledger);
        bytes32 digest = _digest(Digests.hash(ledger));
        if (ledger.version > slot.version) {
            _requireBoth(id.initiator, id.responder, digest, signatures);
        } else if (ledger.version != 0) {
            // The signatures were checked when the floor rose. Version 0 has none, and only one content.
            bytes32 known = _commitments[channel][slot.epoch];
            if (digest != known) revert LedgerMismatch(known, digest);
        }
        slot.version = ledger.version;
        slot.finalizesAt = uint64(block.timestamp) + id.challengePeriod;
        slot.challengeId++;
        _ledgers[channel] = slot;
        _commitments[channel][slot.epoch] = digest;
        emit LedgerChallenged(channel, slot.epoch, slot.version, slot.challengeId, slot.finalizesAt, digest);
    }

    /// A challenge runs, or is final, with a ledger of this version or a newer one: there is nothing to start.
    function _runsAtLeast(LedgerSlot memory slot, uint64 version) private pure returns (bool) {
        return slot.finalizesAt != 0 && version <= slot.version;
    }

    function _slotOf(
        ChannelId calldata id,
        address named,
        uint64 epoch
    ) private view returns (address channel, LedgerSlot memory slot) {
        channel = _channelOf(id, named);
        slot = _ledgers[channel];
        if (epoch != slot.epoch) revert WrongEpoch(epoch, slot.epoch);
    }
}
