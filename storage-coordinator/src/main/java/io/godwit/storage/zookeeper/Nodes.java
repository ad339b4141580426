package io.godwit.storage.zookeeper;

import java.util.ArrayList;
import java.util.List;

/// Where the records stand.
///
/// ```
/// <root>/hosts/<host>           HostRecord
/// <root>/hosts/<host>/alive     AliveRecord, ephemeral
/// <root>/guests/<guest>         GuestRecord
/// <root>/guests/<guest>/owner   OwnerContent
/// <root>/guests/<guest>/failover  Debt, if there is one
/// <root>/images/<image>/owner   HolderRecord
/// <root>/addresses/<ip>         HolderRecord
/// <root>/epochFloor             FloorRecord: the greatest epoch that was ever retired
/// <root>/coordinator            the name of the host that has the seat, ephemeral
/// <root>/failover               FailoverSwitch; absent means on
/// ```
record Nodes(String root) {
    /// @return the root, each of its parents before it, and the four nodes everything stands under
    List<String> permanent() {
        List<String> paths = new ArrayList<>();
        for (int end = root.indexOf('/', 1); end > 0; end = root.indexOf('/', end + 1)) {
            paths.add(root.substring(0, end));
        }
        paths.addAll(List.of(root, hosts(), guests(), root + "/images", root + "/addresses"));
        return paths;
    }

    String hosts() {
        return root + "/hosts";
    }

    String host(String host) {
        return hosts() + "/" + NodeNames.encode(host);
    }

    String alive(String host) {
        return host(host) + "/alive";
    }

    String failover() {
        return root + "/failover";
    }

    String guests() {
        return root + "/guests";
    }

    String guest(String guest) {
        return guests() + "/" + NodeNames.encode(guest);
    }

    String owner(String guest) {
        return guest(guest) + "/owner";
    }

    String debt(String guest) {
        return guest(guest) + "/failover";
    }

    String coordinator() {
        return root + "/coordinator";
    }

    String epochFloor() {
        return root + "/epochFloor";
    }

    String image(String image) {
        return root + "/images/" + NodeNames.encode(image);
    }

    String imageOwner(String image) {
        return image(image) + "/owner";
    }

    String address(String address) {
        return root + "/addresses/" + NodeNames.encode(address);
    }
}
