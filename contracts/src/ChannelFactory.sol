// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {Channel} from "./Channel.sol";
import {IChannelFactory} from "./interfaces/IChannelFactory.sol";
import {ChannelAddress} from "./libraries/ChannelAddress.sol";

/// @notice See {IChannelFactory}. Made by the registry in its constructor, so that the three belong together for ever.
contract ChannelFactory is IChannelFactory {
    /// @inheritdoc IChannelFactory
    address public immutable implementation;

    constructor(address registry) {
        implementation = address(new Channel(registry));
    }

    /// @inheritdoc IChannelFactory
    function deployAndCall(
        address initiator,
        address responder,
        uint32 challengePeriod,
        bytes calldata data
    ) external payable returns (address channel, bytes memory result) {
        channel = deploy(initiator, responder, challengePeriod);
        bool called;
        (called, result) = channel.call{value: msg.value}(data);
        if (!called) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    /// @inheritdoc IChannelFactory
    function deploy(address initiator, address responder, uint32 challengePeriod) public returns (address channel) {
        channel = channelAddress(initiator, responder, challengePeriod);
        if (channel.code.length != 0) return channel;
        Clones.cloneDeterministicWithImmutableArgs(
            implementation,
            abi.encodePacked(initiator, responder, challengePeriod),
            bytes32(0)
        );
        emit ChannelDeployed(channel, initiator, responder, challengePeriod);
    }

    /// @inheritdoc IChannelFactory
    function channelAddress(
        address initiator,
        address responder,
        uint32 challengePeriod
    ) public view returns (address) {
        return ChannelAddress.predict(initiator, responder, challengePeriod, implementation, address(this));
    }
}
