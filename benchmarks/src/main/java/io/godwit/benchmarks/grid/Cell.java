package io.godwit.benchmarks.grid;

import io.godwit.chaos.workload.GuestWorkload;
import io.godwit.chaos.workload.GuestWorkload.Fill;
import java.util.Locale;

/// One field of the grid: all ways to move a guest are compared in it.
///
/// @param content of the guest's buffer, which takes half of its memory
public record Cell(Link link, Dirtying dirtying, Fill content) {

    /// What the guest does. Its disk writer stays idle: a disk that is slow today would be measured instead.
    public GuestWorkload workload(int memoryMiB) {
        int bufferMiB = memoryMiB / 2;
        return new GuestWorkload(bufferMiB, dirtying.workingSetMiB(bufferMiB), dirtying.mibPerSecond(), content, 0);
    }

    /// For people.
    public String title() {
        return link.title() + ", " + dirtying.title() + ", "
                + switch (content) {
                    case ZERO -> "nearly zero content";
                    case TEXT -> "text-like content";
                    case RANDOM -> "random content";
                    case SPARSE -> "random content, rewritten in parts";
                };
    }

    /// For file names.
    public String word() {
        return (link == Link.NOT_SHAPED ? "unshaped" : link.rate()) + "-" + dirtying.word() + "-"
                + content.name().toLowerCase(Locale.ROOT);
    }
}
