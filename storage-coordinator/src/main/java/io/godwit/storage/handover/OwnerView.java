package io.godwit.storage.handover;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one look at the records showed. It may be out of date the moment it arrives: only a write that compares
/// [#version] decides.
///
/// @param content  null if there is no owner record
/// @param version  of the owner record; [#ABSENT] if there is none
/// @param obstacles   a sentence for everything in the other records that forbids the change: a wanted image or
///                    address that another guest owns; of a takeover, that the dead host is back or that
///                    failover is off
/// @param epochFloor  the greatest epoch that was ever retired with a guest or an image; 0 if there was none
public record OwnerView(@Nullable OwnerContent content, int version, List<String> obstacles, long epochFloor) {
    public static final int ABSENT = -1;

    public OwnerView {
        obstacles = List.copyOf(obstacles);
    }

    /// Where nothing was ever retired.
    public OwnerView(@Nullable OwnerContent content, int version, List<String> obstacles) {
        this(content, version, obstacles, 0);
    }

    public static OwnerView absent() {
        return new OwnerView(null, ABSENT, List.of());
    }
}
