"""Whether the networks can be read, and whether each holds what it seems to."""

from collections.abc import Iterator

from idp.settings.live_networks import LiveNetworks


def find_network_warnings(networks: LiveNetworks) -> Iterator[str]:
    """Give each network that holds everybody, nobody, or less than is written."""
    known = [network for network in networks.all if network.is_known]
    if not any(network.ranges for network in known):
        yield "networks: no network has a range: everybody is outside. Write yours under [networks.campus]"
    for number, network in enumerate(known):
        if any(item.prefixlen == 0 for item in network.ranges):
            yield f"networks.{network.name}: the whole internet is in it. Write your own ranges"
        for item in network.ranges:
            first = next((each.name for each in known[:number] if each.holds(item)), None)
            if first is not None:
                yield (
                    f"networks.{network.name}: {item} is in {first} already, which comes first. Put {network.name} "
                    f"before {first}, or take the range out of one of them"
                )
            elif network.excepts(item):
                yield f"networks.{network.name}: {item} is wholly excepted. Remove it, or the exception"
