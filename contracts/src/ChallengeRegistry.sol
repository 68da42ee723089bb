// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {AppOutcomes} from "./AppOutcomes.sol";
import {ChannelFactory} from "./ChannelFactory.sol";
import {IChallengeRegistry} from "./interfaces/IChallengeRegistry.sol";
import {IChannel} from "./interfaces/IChannel.sol";
import {LedgerChallenges} from "./LedgerChallenges.sol";
import {Money} from "./libraries/Money.sol";
import {SigningDomain} from "./SigningDomain.sol";

/// @notice One per chain: deploying it deploys the factory and the channel implementation. No owner, no upgrade, no pause.
/// `multicall` lets one transaction start a challenge, open apps and move in them, or settle a ledger and its apps.
contract ChallengeRegistry is AppOutcomes, Multicall {
    constructor() SigningDomain(address(this)) LedgerChallenges(address(new ChannelFactory(address(this)))) {}

    /// @inheritdoc IChallengeRegistry
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparator();
    }

    /// @inheritdoc IChallengeRegistry
    function received(address channel, address asset) external view returns (uint256[2] memory) {
        return account(channel, asset).received;
    }

    /// @inheritdoc IChallengeRegistry
    function withdrawalExecuted(address channel, bytes32 digest) external view returns (bool) {
        return channel.code.length != 0 && IChannel(channel).withdrawalExecuted(digest);
    }

    /// @inheritdoc IChallengeRegistry
    function account(address channel, address asset) public view returns (IChannel.Account memory result) {
        if (channel.code.length != 0) return IChannel(channel).account(asset);
        (, result.received[0]) = Money.balance(asset, channel);
    }
}
