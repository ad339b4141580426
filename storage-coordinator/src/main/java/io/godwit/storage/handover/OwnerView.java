package io.godwit.storage.handover;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one look at the records showed. It may be out of date the moment it arrives: only a write that compares
/// [#version] decides.
///
/// @param content  null if there is no owner record
/// @param version  of the owner record; [#ABSENT] if there is none
/// @param foreign  a sentence for each wanted image or address that another guest owns
public record OwnerView(@Nullable OwnerContent content, int version, List<String> foreign) {
    public static final int ABSENT = -1;

    public OwnerView {
        foreign = List.copyOf(foreign);
    }

    public static OwnerView absent() {
        return new OwnerView(null, ABSENT, List.of());
    }
}
